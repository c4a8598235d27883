import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import type { AppError } from "../platform/errors.ts";
import { ERRORS } from "../platform/errors.ts";

type Ctx = Context<AppEnv>;

export const Pagination = z
  .object({
    limit: z.int().openapi({ example: 20 }),
    nextCursor: z.string().nullable().openapi({ example: "MDE5OWFhMTE.c2lnbmF0dXJl" }),
    hasMore: z.boolean(),
  })
  .openapi("Pagination");
export type Pagination = z.infer<typeof Pagination>;

const Meta = z.object({
  timestamp: z.iso.datetime().openapi({ example: "2026-11-21T10:00:00.000Z" }),
  requestId: z.string().openapi({ example: "0199aa11-2233-7444-8555-66778899aabb" }),
});

export const Failure = z
  .object({
    success: z.literal(false),
    error: z.object({
      code: z.enum(Object.keys(ERRORS) as [keyof typeof ERRORS]).openapi({ example: "VALIDATION_ERROR" }),
      message: z.string().openapi({ example: "The request does not fit; see details." }),
      details: z.unknown().optional(),
    }),
    meta: Meta,
  })
  .openapi("Failure");

export const Success = <T extends z.ZodType>(data: T) => z.object({ success: z.literal(true), data, meta: Meta });
export const Page = <T extends z.ZodType, M extends z.ZodRawShape>(item: T, meta?: M) =>
  z.object({ success: z.literal(true), data: z.array(item), meta: Meta.extend({ pagination: Pagination, ...meta }) });

const metaOf = (c: Ctx) => ({ timestamp: c.get("ctx").clock.now().toISOString(), requestId: c.get("requestId") });

/** Success. `schema` strips whatever the contract does not name, so nothing leaks by accident. */
export const ok = <T extends z.ZodType, S extends 200 | 201 | 202>(c: Ctx, schema: T, data: z.input<T>, status: S) =>
  c.json({ success: true as const, data: schema.parse(data), meta: metaOf(c) }, status);

export const created = <T extends z.ZodType>(c: Ctx, schema: T, data: z.input<T>, location: string) => {
  c.header("Location", location);
  return ok(c, schema, data, 201);
};

export interface Listed<T> {
  items: T[];
  pagination: Pagination;
}

/** A page of a list, with what else its `meta` tells. */
export const page = <T extends z.ZodType, M extends Record<string, unknown>>(
  c: Ctx,
  schema: T,
  list: Listed<z.input<T>>,
  meta?: M,
) =>
  c.json(
    {
      success: true as const,
      data: list.items.map((item) => schema.parse(item)),
      meta: { ...metaOf(c), pagination: list.pagination, ...(meta as M) },
    },
    200,
  );

export const empty = (c: Ctx) => c.body(null, 204);

/** The one place where failures are written. */
export function fail(c: Ctx, error: AppError): Response {
  if (error.status === 401) c.header("WWW-Authenticate", "Bearer");
  if (error.retryAfter !== undefined) c.header("Retry-After", String(Math.max(1, Math.ceil(error.retryAfter))));
  // Without a context where the configuration is broken.
  const now = c.get("ctx")?.clock.now() ?? new Date();
  const meta = { timestamp: now.toISOString(), requestId: c.get("requestId") };
  const details = error.details === undefined ? {} : { details: error.details };
  return c.json(
    { success: false, error: { code: error.code, message: error.message, ...details }, meta },
    error.status,
  );
}
