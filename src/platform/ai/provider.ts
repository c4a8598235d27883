import type { z } from "zod";

export interface AiMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export type Verdict<T> = { ok: true; value: T } | { ok: false; problems: string[] };

/** One question to a provider. A new kind of question is a new value of this type, not a new provider method. */
export interface AiTask<T> {
  name: "submission-feedback" | "generate-challenges" | "explain-concept";
  schema: z.ZodType<T>;
  system: string;
  user: string;
  /** Checks what a schema cannot; may return a corrected value. Its problems are told to the model once, for repair. */
  accept(value: T): Verdict<T>;
  /** What the rule-based coach answers, with no model at all. */
  offline(): T;
}

export interface AiUsage {
  inputTokens: number;
  outputTokens: number;
}

export interface AiProvider {
  name: "offline" | "openai" | "workers-ai";
  model: string;
  /** Throws only `AiError`. */
  complete<T>(task: AiTask<T>): Promise<{ value: T; usage: AiUsage }>;
}

export type AiFailure = "RATE_LIMITED" | "UPSTREAM" | "TIMEOUT" | "BAD_ANSWER" | "REFUSED";

/** Why a provider gave no answer. Its message is fit for a learner to read: no keys, no addresses, no upstream text. */
export class AiError extends Error {
  override readonly name = "AiError";
  readonly reason: AiFailure;
  /** Seconds the provider asked us to wait. */
  readonly retryAfter: number | undefined;

  constructor(reason: AiFailure, message: string, options: { retryAfter?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.reason = reason;
    this.retryAfter = options.retryAfter;
  }

  /** False when the same call would be refused again: a wrong key, an unknown model. */
  get retryable(): boolean {
    return this.reason !== "REFUSED";
  }
}
