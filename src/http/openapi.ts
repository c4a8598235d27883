import { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../platform/errors.ts";
import { ERRORS } from "../platform/errors.ts";
import { Id } from "../platform/ids.ts";
import { Limit } from "../platform/paging.ts";
import type { Permission } from "../platform/permissions.ts";
import { mustBeSignedIn, mustHold } from "./authentication.ts";
import { Failure, Page, Success } from "./envelope.ts";
import { failureExamples } from "./openapi-operations.ts";

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

export const data = <T extends z.ZodType>(schema: T, description: string) => json(Success(schema), description);
export const list = <T extends z.ZodType, M extends z.ZodRawShape>(item: T, description: string, meta?: M) =>
  json(Page(item, meta), description);
export const body = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { "application/json": { schema } },
});
export const nothing = { description: "Done; there is nothing to say." } as const;

const ALWAYS: readonly ErrorCode[] = ["VALIDATION_ERROR", "RATE_LIMITED", "UNAVAILABLE"];
const SIGNED_IN: readonly ErrorCode[] = ["UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED"];

/** A code, or one that travels with another status than usual. */
type FailureKind = ErrorCode | { code: ErrorCode; status: number };

/** The failures of an operation by status, and the `default` one for whatever else may happen. */
export function failures(...kinds: FailureKind[]) {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const kind of [...ALWAYS, ...kinds]) {
    const { code, status } = typeof kind === "string" ? { code: kind, status: ERRORS[kind] } : kind;
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  const answers = Object.fromEntries([...byStatus].map(([status, set]) => [status, failure([...set].join(", "), set)]));
  return { ...answers, default: failure("Any other failure, in the same shape.", ["INTERNAL"]) };
}

const failure = (description: string, codes: Iterable<ErrorCode>) => ({
  description,
  content: { "application/json": { schema: Failure, examples: failureExamples(codes) } },
});

/** The failures of an operation that needs somebody signed in. */
export const userFailures = (...kinds: FailureKind[]) => failures(...SIGNED_IN, ...kinds);

/** For operations that need somebody signed in: said in the document, and refused before anything else is looked at. */
export const signedIn = {
  security: [{ bearer: [] }, { cookie: [] }] as Record<string, string[]>[],
  middleware: mustBeSignedIn,
};

/** For operations that a role must allow: what the document says is what is refused, before anything is looked at. */
export const permitted = (permission: Permission) => ({
  security: signedIn.security,
  middleware: mustHold(permission),
  "x-permission": permission,
});

export const IdParam = z.object({
  id: Id.openapi({ param: { name: "id", in: "path" }, example: "0199aa11-2233-7444-8555-66778899aabb" }),
});

/** Query values are text; these are the ones every list takes. */
export const PageParams = z.object({
  limit: Limit,
  cursor: z.string().max(500).optional().openapi({ description: "`meta.pagination.nextCursor` of the page before." }),
  page: z
    .string()
    .regex(/^[1-9]\d{0,3}$/u, { error: "a whole number from 1" })
    .transform(Number)
    .optional()
    .openapi({
      type: "integer",
      minimum: 1,
      maximum: 9999,
      description: "In place of `cursor`, at most 1,000 rows deep.",
    }),
});
