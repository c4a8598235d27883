import type { ServiceContext } from "../../../context.ts";
import type { UserActor } from "../../../platform/actor.ts";
import { getChallenge } from "../../challenges/service.ts";
import { updateGoal } from "../../goals/service.ts";
import { NewStudyEntry } from "../../progress/schema.ts";
import { logStudy } from "../../progress/study.ts";
import { claimNext } from "../../reviews/claims.ts";
import { handInReview } from "../../reviews/hand-in.ts";
import { NewReview } from "../../reviews/schema.ts";
import { listReviews, rateReview } from "../../reviews/service.ts";
import { handIn } from "../../submissions/hand-in.ts";
import { reverseSubmission, withdraw } from "../../submissions/moves.ts";
import { NewSubmission } from "../../submissions/schema.ts";
import { getSubmission } from "../../submissions/service.ts";
import type { Deed } from "./deed.ts";
import type { Stage } from "./stage.ts";
import { daysAgo, known } from "./stage.ts";

type Doing<D extends Deed["does"]> = Extract<Deed, { does: D }>;

/** Does one thing as its person, on its day. */
export async function act(stage: Stage, deed: Deed): Promise<void> {
  const ctx = daysAgo(stage.ctx, deed.ago);
  const actor = known(stage.people, deed.who);
  switch (deed.does) {
    case "study":
      return await study(ctx, actor, stage, deed);
    case "hand in":
      return await hand(ctx, actor, stage, deed);
    case "review":
      return await review(ctx, actor, stage, deed);
    case "rate":
      return await rate(ctx, actor, known(stage.works, deed.work), deed);
    case "withdraw":
      await withdraw(ctx, actor, known(stage.works, deed.work));
      return;
    case "reverse":
      await reverseSubmission(ctx, actor, known(stage.works, deed.work), { reason: deed.reason });
      return;
    case "complete":
    case "pause": {
      const status = deed.does === "pause" ? "paused" : "completed";
      await updateGoal(ctx, actor, known(stage.goals, deed.goal).id, { status }, async () => undefined);
    }
  }
}

async function study(ctx: ServiceContext, actor: UserActor, { goals }: Stage, deed: Doing<"study">): Promise<void> {
  const goal = known(goals, deed.goal);
  const step = deed.milestone === undefined ? undefined : goal.milestones[deed.milestone];
  const done = step === undefined ? {} : { milestoneId: step.id, completed: true };
  const { minutes, note } = deed;
  await logStudy(ctx, actor, NewStudyEntry.parse({ goalId: goal.id, minutes, note, ...done }));
}

async function hand(
  ctx: ServiceContext,
  actor: UserActor,
  { challenges, works }: Stage,
  { work, challenge, content, feedback }: Doing<"hand in">,
): Promise<void> {
  const challengeId = known(challenges, challenge).id;
  const input = NewSubmission.parse({ challengeId, content, requestFeedback: feedback === true });
  works.set(work, (await handIn(ctx, actor, input)).id);
}

async function review(ctx: ServiceContext, actor: UserActor, stage: Stage, deed: Doing<"review">): Promise<void> {
  const { work, verdict, comment } = deed;
  const id = known(stage.works, work);
  if (verdict === undefined) await claim(ctx, actor, id);
  const { challengeId } = await getSubmission(ctx, actor, id);
  const { rubric } = await getChallenge(ctx, actor, challengeId);
  const scores = rubric.map(({ criterion }, i) => ({ criterion, score: deed.scores[i] }));
  await handInReview(ctx, actor, id, NewReview.parse({ scores, comment, verdict }));
}

/** A teacher needs no lease; a learner is given what needs them most, which has to be this. */
async function claim(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  const lease = await claimNext(ctx, actor);
  if (lease?.submission.id !== id) throw new Error(`${actor.username} was given other work than the demo expects`);
}

async function rate(ctx: ServiceContext, actor: UserActor, id: string, deed: Doing<"rate">): Promise<void> {
  const { helpful, comment } = deed;
  const { items } = await listReviews(ctx, actor, id, { limit: 20 });
  for (const one of items)
    await rateReview(ctx, actor, one.id, { helpful, ...(comment === undefined ? {} : { comment }) });
}
