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

/** A question whose answer is worth reading while it comes. */
export interface StreamedTask<T> extends AiTask<T> {
  /** The field of the answer that is told as it comes. */
  field: string & keyof T;
  /** The answer of a model that ignored the required shape and just wrote. */
  fromText(text: string): T;
}

export interface AiUsage {
  inputTokens: number;
  outputTokens: number;
}

export interface AiAnswer<T> {
  value: T;
  usage: AiUsage;
}

export interface CallOptions {
  /** Ends the call, upstream too, when nobody waits for the answer any more. */
  signal?: AbortSignal | undefined;
}

export interface AiProvider {
  name: "offline" | "openai" | "workers-ai";
  model: string;
  /** Throws only `AiError`. */
  complete<T>(task: AiTask<T>, options?: CallOptions): Promise<AiAnswer<T>>;
  /** Yields pieces of `task.field` as they come, and returns the whole, checked. Throws only `AiError`. */
  stream<T>(task: StreamedTask<T>, options?: CallOptions): AsyncGenerator<string, AiAnswer<T>, undefined>;
}

export type AiFailure = "RATE_LIMITED" | "UPSTREAM" | "TIMEOUT" | "BAD_ANSWER" | "REFUSED" | "CANCELLED";

interface AiErrorOptions {
  retryAfter?: number | undefined;
  usage?: AiUsage | undefined;
  cause?: unknown;
}

/** Why a provider gave no answer. Its message is fit for a learner to read: no keys, no addresses, no upstream text. */
export class AiError extends Error {
  override readonly name = "AiError";
  readonly reason: AiFailure;
  /** Seconds the provider asked us to wait. */
  readonly retryAfter: number | undefined;
  /** What was paid for an answer that could not be used. */
  readonly usage: AiUsage | undefined;

  constructor(reason: AiFailure, message: string, options: AiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.reason = reason;
    this.retryAfter = options.retryAfter;
    this.usage = options.usage;
  }

  /** False when the same call would be refused again: a wrong key, an unknown model. */
  get retryable(): boolean {
    return this.reason !== "REFUSED";
  }
}
