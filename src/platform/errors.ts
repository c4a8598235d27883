/** Every failure a client can meet: its stable code and the HTTP status it travels with. */
export const ERRORS = {
  VALIDATION_ERROR: 400,
  MALFORMED_JSON: 400,
  INVALID_CURSOR: 400,
  INVALID_TOKEN: 400,
  INVALID_STATE: 400,
  UNAUTHENTICATED: 401,
  TOKEN_EXPIRED: 401,
  TOKEN_REVOKED: 401,
  INVALID_CREDENTIALS: 401,
  MFA_REQUIRED: 401,
  FORBIDDEN: 403,
  CSRF_REJECTED: 403,
  ACCOUNT_SUSPENDED: 403,
  PASSWORD_CHANGE_REQUIRED: 403,
  EMAIL_NOT_VERIFIED: 403,
  STEP_UP_REQUIRED: 403,
  LOGIN_DENIED: 403,
  NOT_A_MEMBER: 403,
  BANNED: 403,
  MUTED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  EMAIL_TAKEN: 409,
  USERNAME_TAKEN: 409,
  ALREADY_RATED: 409,
  IDENTITY_TAKEN: 409,
  MFA_ALREADY_ENABLED: 409,
  IDEMPOTENCY_IN_PROGRESS: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ILLEGAL_TRANSITION: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  ALREADY_ACCEPTED: 422,
  ATTEMPTS_EXHAUSTED: 422,
  CHALLENGE_CLOSED: 422,
  CHALLENGE_IN_USE: 422,
  GOAL_IN_USE: 422,
  LIMIT_REACHED: 422,
  LAST_SUPERADMIN: 422,
  OWNER_CANNOT_LEAVE: 422,
  LAST_LOGIN_METHOD: 422,
  JOB_NOT_RETRYABLE: 422,
  JOB_NOT_FINISHED: 422,
  JOB_WITHOUT_PROPOSALS: 422,
  LEASE_EXPIRED: 422,
  ALREADY_EXTENDED: 422,
  REVIEW_CLOSED: 422,
  NOT_DECIDED: 422,
  NOT_YOURSELF: 422,
  TARGET_NOT_ALLOWED: 422,
  WEBHOOK_DISABLED: 422,
  UPGRADE_REQUIRED: 426,
  RATE_LIMITED: 429,
  QUOTA_EXCEEDED: 429,
  SLOW_MODE: 429,
  TOO_MANY_SOCKETS: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  PROVIDER_FAILED: 503,
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One broken rule of a request: where (`body.tags[2]`), which rule, and what to do about it. */
export interface Issue {
  path: string;
  code: string;
  message: string;
}

interface AppErrorOptions {
  details?: unknown;
  cause?: unknown;
  /** Seconds; travels as `Retry-After`. */
  retryAfter?: number;
  /** Where the code travels with another status than usual. */
  status?: (typeof ERRORS)[ErrorCode];
}

/** A refusal the client is meant to see. Anything else that is thrown becomes `INTERNAL`. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly details: unknown;
  readonly retryAfter: number | undefined;
  readonly status: (typeof ERRORS)[ErrorCode];

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
    this.status = options.status ?? ERRORS[code];
  }
}

/** Somebody signed in got their own password wrong: their session is good, so it is no 401. */
export const WRONG_PASSWORD = { code: "INVALID_CREDENTIALS", status: 403 } as const;

export const wrongPassword = (): AppError =>
  new AppError(WRONG_PASSWORD.code, "The current password is wrong.", { status: WRONG_PASSWORD.status });

export const notFound = (what: string): AppError =>
  new AppError("NOT_FOUND", `There is no such ${what}, or it is not yours to see.`);

export const invalid = (path: string, code: string, message: string): AppError =>
  new AppError("VALIDATION_ERROR", "The request does not fit.", { details: [{ path, code, message } satisfies Issue] });

export const inProgress = (): AppError =>
  new AppError(
    "IDEMPOTENCY_IN_PROGRESS",
    "The first request with this key has not answered yet; its effect is kept once.",
    { retryAfter: 1 },
  );

/** True when a D1 statement broke a unique key that names `column` (`users.email`). Drizzle hides D1's error in `cause`. */
export function brokeUnique(error: unknown, column: string): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e.message.includes("UNIQUE constraint failed") && e.message.includes(column)) return true;
  }
  return false;
}
