import type { Name } from "./people.ts";

/** What somebody does in the demo. `ago` is in days; works and challenges go by their keys. */
export type Deed = { ago: number; who: Name } & (
  | { does: "study"; goal: string; minutes: number; note?: string; milestone?: number }
  | { does: "hand in"; work: string; challenge: string; content: Record<string, unknown>; feedback?: true }
  | {
      does: "review";
      work: string;
      /** 1–5, in the order of the rubric. */
      scores: readonly number[];
      comment: string;
      verdict?: "accept" | "needs_work";
    }
  /** As the author, all the reviews of it. */
  | { does: "rate"; work: string; helpful: number; comment?: string }
  | { does: "withdraw"; work: string }
  | { does: "reverse"; work: string; reason: string }
  | { does: "complete"; goal: string }
  | { does: "pause"; goal: string }
);
