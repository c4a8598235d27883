import { z } from "@hono/zod-openapi";
import type { Config } from "./config.ts";
import { AppError, invalid } from "./errors.ts";
import { base64url, sign } from "./secrets.ts";

/** How many a page holds; a query value is text. */
export const Limit = z
  .string()
  .regex(/^\d{1,3}$/u, { error: "a whole number from 1 to 100" })
  .default("20")
  .transform(Number)
  .refine((n) => n >= 1 && n <= 100, { error: "a whole number from 1 to 100" })
  .openapi({ type: "integer", minimum: 1, maximum: 100, default: 20 });

const MAX_OFFSET = 1000;

export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
  page?: number | undefined;
}

export interface Paged<T> {
  items: T[];
  pagination: { limit: number; nextCursor: string | null; hasMore: boolean };
}

/** One list as one caller filters it: `goals?{"owner":"…","status":"active"}`. A cursor is good for this list only. */
export interface ListIdentity {
  name: string;
  filters: Record<string, unknown>;
}

interface Secrets {
  config: Pick<Config, "TOKEN_SECRET">;
}

/** Where a page starts: after the row with this keyset position, or `offset` rows in for page-numbered callers. */
export interface Start {
  after: string | null;
  offset: number;
}

/** Throws `INVALID_CURSOR` for a damaged cursor or one of another list. */
export async function startOf(ctx: Secrets, list: ListIdentity, query: PageQuery): Promise<Start> {
  if (query.cursor !== undefined) return { after: await openCursor(ctx, list, query.cursor), offset: 0 };
  const offset = ((query.page ?? 1) - 1) * query.limit;
  if (offset >= MAX_OFFSET)
    throw invalid("query.page", "too_deep", `Pages reach ${MAX_OFFSET} rows deep; use the cursor.`);
  return { after: null, offset };
}

/** Cuts `limit + 1` rows into a page. `positionOf` gives a row's keyset position. */
export async function toPage<T>(
  ctx: Secrets,
  list: ListIdentity,
  query: PageQuery,
  rows: readonly T[],
  positionOf: (row: T) => string,
): Promise<Paged<T>> {
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const hasMore = rows.length > query.limit;
  const nextCursor = hasMore && last !== undefined ? await sealCursor(ctx, list, positionOf(last)) : null;
  return { items, pagination: { limit: query.limit, nextCursor, hasMore } };
}

export async function sealCursor(ctx: Secrets, list: ListIdentity, position: string): Promise<string> {
  return `${base64url(new TextEncoder().encode(position))}.${await seal(ctx, list, position)}`;
}

export async function openCursor(ctx: Secrets, list: ListIdentity, cursor: string): Promise<string> {
  const [encoded = "", signature] = cursor.split(".");
  const position = decode(encoded);
  if (position === null || signature !== (await seal(ctx, list, position)))
    throw new AppError("INVALID_CURSOR", "This cursor is damaged or belongs to another list.");
  return position;
}

const seal = async (ctx: Secrets, list: ListIdentity, position: string) =>
  (await sign(JSON.stringify(["cursor", list.name, list.filters, position]), ctx.config.TOKEN_SECRET)).slice(0, 22);

function decode(text: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.fromBase64(text, { alphabet: "base64url" }),
    );
  } catch {
    return null;
  }
}
