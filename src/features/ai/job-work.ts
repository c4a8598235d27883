import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { aiJobs } from "../../db/schema/ai.ts";
import { challenges, submissions } from "../../db/schema/challenges.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import type { PromptTemplate } from "../../platform/ai/prompts.ts";
import type { AiUsage } from "../../platform/ai/provider.ts";

export type WorkCtx = Pick<
  ServiceContext,
  "db" | "clock" | "config" | "riders" | "relayLater" | "ai" | "logger" | "cache"
>;

/** The job with everything it is answered from. */
export const selectWork = (ctx: Pick<WorkCtx, "db">, jobId: string) =>
  ctx.db
    .select({
      type: aiJobs.type,
      jobStatus: aiJobs.status,
      userId: aiJobs.userId,
      input: aiJobs.input,
      submissionId: submissions.id,
      content: submissions.content,
      rubric: submissions.rubric,
      kind: challenges.kind,
      title: challenges.title,
      description: challenges.description,
      rules: challenges.rules,
    })
    .from(aiJobs)
    .leftJoin(submissions, eq(submissions.id, aiJobs.submissionId))
    .leftJoin(challenges, eq(challenges.id, submissions.challengeId))
    .where(eq(aiJobs.id, jobId));

export type Work = Awaited<ReturnType<typeof selectWork>>[number];

export interface Done {
  result: unknown;
  usage: AiUsage;
  /** What others are told once the result is stored. */
  messages: OutboxMessage[];
}

/** Answers one type of job. It may be called again for the same job: its only effect is what it returns. */
export type JobKind = {
  feature: "feedback" | "generate";
  template: PromptTemplate["name"];
  run(ctx: WorkCtx, jobId: string, work: Work, template: PromptTemplate): Promise<Done>;
};
