import type { ServiceContext } from "../../context.ts";
import { runJob } from "../../features/ai/job-run.ts";
import { consume, RetryLater } from "../consume.ts";
import { AiFeedbackMessage } from "./message.ts";

export const consumeAiFeedback = (ctx: ServiceContext, messages: readonly Message[]): Promise<void> =>
  consume(ctx, messages, AiFeedbackMessage, async (context, { id, body }) => {
    const outcome = await runJob(context, body.jobId, id);
    if (!outcome.done) throw new RetryLater("The AI provider gave no answer.", outcome.retryInSeconds);
  });
