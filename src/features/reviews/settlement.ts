import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Change } from "../submissions/decision.ts";
import { decide } from "../submissions/decision.ts";
import { closeLeases } from "./leases.ts";
import type { ReviewFacts, WorkRow } from "./queries.ts";
import { evidenceOf } from "./queries.ts";
import type { Opinion, Outcome, Terms } from "./rules.ts";
import { outcomeOf, rubricOf } from "./rules.ts";
import { tally } from "./tallies.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

export const termsOf = (ctx: Pick<Ctx, "clock">, { row }: WorkRow): Terms => ({
  rubric: rubricOf(row.rubric),
  peerReviews: row.peerReviews,
  requiresVerdict: row.requiresVerdict,
  passScore: row.passScore,
  ageMs: ctx.clock.now().getTime() - row.createdAt.getTime(),
});

export const opinionOf = (facts: ReviewFacts): Opinion => ({
  reviewerId: facts.review.reviewerId,
  scores: facts.review.scores,
  verdict: facts.review.verdict,
  evidence: evidenceOf(facts),
});

const NOTHING: Change = { statements: [], messages: [] };

/** What the reviews so far decide, as statements: the decision, the end of open leases, and what it proves of each reviewer. */
export function settle(ctx: Ctx, work: WorkRow, opinions: readonly Opinion[], verdictOf?: string): Change {
  const outcome = outcomeOf(termsOf(ctx, work), opinions, verdictOf);
  if (!outcome) return NOTHING;
  const { status, score, by } = outcome;
  const { row, goalId, category, timezone } = work;
  const decision = decide(
    ctx,
    {
      id: row.id,
      challengeId: row.challengeId,
      authorId: row.authorId,
      points: row.points,
      timezone,
      goalId,
      category,
    },
    { status, score, by, ...(by === "teacher" && verdictOf !== undefined ? { deciderId: verdictOf } : {}) },
  );
  return {
    statements: [...decision.statements, closeLeases(ctx, row.id), ...proved(ctx, row.id, outcome)],
    messages: decision.messages,
  };
}

function proved(ctx: Ctx, submissionId: string, { agreements }: Outcome) {
  if (agreements.size === 0) return [];
  const byReviewer = JSON.stringify(Object.fromEntries(agreements));
  return [
    ctx.db.run(sql`
      UPDATE reviews SET agreement = (SELECT value FROM json_each(${byReviewer}) WHERE key = reviewer_id)
      WHERE submission_id = ${submissionId} AND calibration = 0`),
    tally(
      ctx,
      [...agreements].map(([userId, agreement]) => ({ userId, agreementSum: agreement, agreementCount: 1 })),
    ),
  ];
}
