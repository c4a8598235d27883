import { uuidOf } from "../../platform/ids.ts";
import { BADGES } from "../achievements/catalogue.ts";
import { localDay } from "../xp/days.ts";
import type { Fact } from "./facts.ts";
import type { TimelineEntry } from "./schema.ts";

type Told = Partial<Pick<TimelineEntry, "title" | "amount" | "status" | "note">> &
  Partial<Record<"goalId" | "challengeId" | "submissionId" | "reviewId", string>>;

const XP_TITLES: Record<string, string> = {
  challenge: "Challenge accepted",
  milestone: "Milestone done",
  goal: "Goal completed",
  review: "Review handed in",
  review_rating: "Review found helpful",
  daily_bonus: "Daily bonus",
  referral: "Somebody you invited has arrived",
  reversal: "Taken back",
  adjustment: "Adjusted by an admin",
};

/** Facts that share the id of what they are about with another one get an id of their own, always the same. */
const DERIVED = new Set(["badge", "goal_completed", "decision"]);

export async function toTimelineEntry(fact: Fact, timezone: string, userId: string): Promise<TimelineEntry> {
  const { at, key, type } = fact;
  const told = withoutNulls<Told>(fact.told);
  return {
    ...told,
    id: DERIVED.has(type) ? await uuidOf(at, `${userId} ${type} ${key}`) : key,
    type,
    at: new Date(at).toISOString(),
    day: localDay(new Date(at), timezone),
    title: titleOf(fact, told.title),
  };
}

function titleOf({ type, key }: Fact, title = ""): string {
  if (type === "xp") return XP_TITLES[title] ?? title;
  if (type === "badge") return BADGES.find(({ code }) => code === key)?.name ?? key;
  return title === "" ? "Studied" : title;
}

/** JSON that this feature's own SQL made. */
const withoutNulls = <T>(json: string | null): T =>
  Object.fromEntries(Object.entries(JSON.parse(json ?? "{}") as object).filter(([, value]) => value !== null)) as T;
