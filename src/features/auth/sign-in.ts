import type { SQL } from "drizzle-orm";
import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { loginFailures, sessions } from "../../db/schema/auth.ts";
import { users } from "../../db/schema/users.ts";
import { messageIf } from "../../events/conditional.ts";
import { commit, event } from "../../events/outbox.ts";
import { AppError } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import type { UserRow } from "../users/schema.ts";
import { toUser } from "../users/schema.ts";
import type { SignedIn } from "./schema.ts";
import type { IssuedTokens, OpenedSession } from "./sessions.ts";
import { openSession, suspended } from "./sessions.ts";

export type Entered = SignedIn & IssuedTokens;

export interface Entry {
  remember: boolean;
  /** How they proved who they are, for the audit log: `password`, `passkey`, `oauth:github`. */
  method: string;
  /** A `newId()` from before the account was read: the token is then refused by whatever changed the account since. */
  tokenId: string;
  /** What else belongs to the entry, its guards (`ensure`) included. */
  alongside?: readonly Statement[];
}

/**
 * Opens a session for somebody who has proved who they are, in one round trip: session, tokens, audit line, and a mail
 * when the device is a new one. Throws `ACCOUNT_SUSPENDED`, and `RATE_LIMITED` when the account changed meanwhile.
 */
export async function signIn(ctx: ServiceContext, user: UserRow, entry: Entry): Promise<Entered> {
  if (user.status === "suspended") throw suspended();
  const now = ctx.clock.now();
  const opened = await openSession(ctx, user, entry);
  const alert = newDevice(ctx, user.id, opened);
  try {
    const results = await commit(ctx, [
      ensure(ctx.db, unchanged(user)),
      ...(entry.alongside ?? []),
      ctx.db.update(users).set({ lastLoginAt: now }).where(eq(users.id, user.id)),
      ctx.db.delete(loginFailures).where(eq(loginFailures.account, user.id)),
      alert.insert,
      ...opened.statements,
      audited(
        ctx,
        { id: user.id, sessionId: opened.sessionId },
        { action: "session.started", details: { method: entry.method } },
      ),
      alert.written,
    ]);
    if ((results.at(-1) as unknown[]).length > 0) ctx.relayLater([alert.message]);
  } catch (error) {
    throw wasRefused(error) ? tryAgain() : error;
  }
  return { ...opened.tokens, user: toUser({ ...user, lastLoginAt: now }) };
}

/** Between reading the account and opening the session nobody suspended it or set another password. */
const unchanged = ({ id, passwordHash }: UserRow): SQL =>
  sql`EXISTS (SELECT 1 FROM users WHERE id = ${id} AND status = 'active' AND password_hash IS ${passwordHash})`;

const tryAgain = (): AppError =>
  new AppError("RATE_LIMITED", "The account changed at this very moment; try again.", { retryAfter: 1 });

/** Somebody with a known device who comes with another, or from another country. */
function newDevice(ctx: ServiceContext, userId: string, { sessionId, device }: OpenedSession) {
  const { country } = ctx.client;
  const known = and(eq(sessions.userId, userId), isNotNull(sessions.device));
  const same = sql`user_id = ${userId} AND device IS ${device} AND country IS ${country}`;
  const message = event({ type: "session.new_device", userId, sessionId, origin: ctx.appUrl });
  const condition = sql`EXISTS (SELECT 1 FROM sessions WHERE ${known}) AND NOT EXISTS (SELECT 1 FROM sessions WHERE ${same})`;
  return { message, ...messageIf(ctx, message, condition) };
}
