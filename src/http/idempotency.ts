import { and, eq, gt, isNull, lte } from "drizzle-orm";
import type { Context, MiddlewareHandler } from "hono";
import type { ServiceContext } from "../context.ts";
import { openDatabase } from "../db/client.ts";
import { idempotencyKeys } from "../db/schema/auth.ts";
import { AppError, brokeUnique, inProgress, invalid } from "../platform/errors.ts";
import { seal, unseal } from "../platform/sealing.ts";
import { sign } from "../platform/secrets.ts";
import type { AppEnv } from "./env.ts";

const KEPT_MS = 24 * 60 * 60 * 1000;
const PRINTABLE = /^[\x20-\x7e]{1,255}$/u;
/** The answer is stored just after it is given; a retry that overtakes it waits this long for it. */
const PATIENCE_MS = [20, 60, 120, 300] as const;
const REPLAYED_HEADERS = ["content-type", "location", "etag"] as const;

type Answer = NonNullable<(typeof idempotencyKeys.$inferSelect)["response"]>;

interface Claim {
  userId: string;
  key: string;
  requestHash: string;
}

/**
 * Safe retries of authenticated POSTs. The claim of the key rides in the batch of the effect (`ctx.riders`), so the two
 * are written together or not at all: of two racing requests one is aborted, and a crash between effect and answer
 * leaves a claimed key, never a second effect.
 */
export const idempotency: MiddlewareHandler<AppEnv> = async (c, next) => {
  const key = c.req.header("Idempotency-Key");
  const actor = c.get("actor");
  if (key === undefined || c.req.method !== "POST" || actor.kind !== "user") return await next();
  if (!PRINTABLE.test(key)) throw invalid("header.Idempotency-Key", "invalid_format", "1 to 255 printable characters");

  const ctx = c.get("ctx");
  const claim: Claim = {
    userId: actor.id,
    key,
    requestHash: await requestHash(c),
  };
  const replay = await findAnswer(ctx, claim);
  if (replay) return replay;

  const mine = and(eq(idempotencyKeys.userId, claim.userId), eq(idempotencyKeys.key, key));
  ctx.riders.push(
    ctx.db.delete(idempotencyKeys).where(and(mine, lte(idempotencyKeys.createdAt, oldest(ctx)))),
    ctx.db.insert(idempotencyKeys).values({ ...claim, createdAt: ctx.clock.now() }),
  );
  await next();
  if (c.res.status >= 500 || isInProgress(c.error) || isForNow(c.res, ctx)) return;
  const answer = await snapshot(c.res);
  c.executionCtx.waitUntil(keepAnswer(c.env, ctx, claim, answer));
};

/** Keyed: a body may hold a password, which a plain hash would give away to whoever gets hold of the table. */
const requestHash = async (c: Context<AppEnv>): Promise<string> =>
  await sign(`${c.req.path}\n${new URL(c.req.url).search}\n${await c.req.text()}`, c.get("ctx").config.TOKEN_SECRET);

/** "Come back later" is no answer to keep for whoever comes back, unless something was done. */
const isForNow = ({ status }: Response, { riders }: ServiceContext): boolean => status === 429 && riders.length > 0;

const isInProgress = (error: unknown): boolean => brokeUnique(error, "idempotency_keys");

const oldest = (ctx: ServiceContext): Date => new Date(ctx.clock.now().getTime() - KEPT_MS);

/** The stored answer; null when the key is new. A key that is claimed and has no answer is still at work, or its answer was lost. */
async function findAnswer(ctx: ServiceContext, claim: Claim): Promise<Response | null> {
  for (const wait of [...PATIENCE_MS, null]) {
    const [row] = await ctx.db
      .select({ requestHash: idempotencyKeys.requestHash, response: idempotencyKeys.response })
      .from(idempotencyKeys)
      .where(
        and(
          eq(idempotencyKeys.userId, claim.userId),
          eq(idempotencyKeys.key, claim.key),
          gt(idempotencyKeys.createdAt, oldest(ctx)),
        ),
      );
    if (!row) return null;
    if (row.requestHash !== claim.requestHash)
      throw new AppError("IDEMPOTENCY_KEY_REUSED", "This key was used for another request.");
    if (row.response) {
      const { status, headers } = row.response;
      const body = await unseal(row.response.body, sealOf(ctx, claim));
      if (body === null) throw inProgress();
      return new Response(status === 204 ? null : body, {
        status,
        headers: { ...headers, "Idempotency-Replayed": "true" },
      });
    }
    if (wait !== null) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  throw inProgress();
}

/** An answer may show a secret this once: recovery codes, a webhook's key. What is kept of it is sealed. */
const sealOf = ({ config }: ServiceContext, { userId, key }: Claim) =>
  ({ secret: config.TOKEN_SECRET, purpose: "kept-answer", subject: `${userId} ${key}` }) as const;

async function snapshot(response: Response): Promise<Answer> {
  const headers: Record<string, string> = {};
  for (const name of REPLAYED_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { status: response.status, headers, body: await response.clone().text() };
}

/** After the answer, through a session of its own, so that it is no part of what the request says it cost. */
async function keepAnswer(env: Env, ctx: ServiceContext, claim: Claim, answer: Answer): Promise<void> {
  try {
    const response = { ...answer, body: await seal(answer.body, sealOf(ctx, claim)) };
    await openDatabase(env.DB, "primary")
      .db.insert(idempotencyKeys)
      .values({ ...claim, response, createdAt: ctx.clock.now() })
      .onConflictDoUpdate({
        target: [idempotencyKeys.userId, idempotencyKeys.key],
        set: { response },
        setWhere: isNull(idempotencyKeys.response),
      });
  } catch (error) {
    ctx.logger.error("an answer was not kept; a retry with its key is refused, not repeated", error);
  }
}
