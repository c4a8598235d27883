import { and, eq, gt, isNull } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { CEREMONIES } from "../../db/schema/passkeys.ts";
import { passkeyChallenges } from "../../db/schema/passkeys.ts";
import { tokenClock } from "../../platform/clock.ts";
import { AppError } from "../../platform/errors.ts";
import { hashToken } from "../../platform/secrets.ts";

export const CEREMONY_MS = 5 * 60_000;

type Ctx = Pick<ServiceContext, "db" | "config" | "appUrl">;
type Ceremony = (typeof CEREMONIES)[number];

/** Passkeys belong to the site that people see: the host of `APP_URL`, and the origins that may use its name. */
export function relyingParty({ appUrl, config }: Pick<Ctx, "appUrl" | "config">) {
  const { hostname, origin } = new URL(appUrl);
  return { rpID: hostname, rpName: "Guildhall", expectedOrigin: [origin, ...config.ALLOWED_ORIGINS] };
}

export async function keepChallenge(
  ctx: Ctx,
  challenge: string,
  ceremony: Ceremony,
  userId: string | null,
): Promise<void> {
  const expiresAt = new Date(tokenClock.now().getTime() + CEREMONY_MS);
  await ctx.db.insert(passkeyChallenges).values({ hash: await hashToken(challenge), ceremony, userId, expiresAt });
}

/** Finds a row if the challenge was ours for this ceremony and person; it is gone with the answer, right or wrong. */
export const takeChallenge = (ctx: Ctx, hash: string, ceremony: Ceremony, userId: string | null) =>
  ctx.db
    .delete(passkeyChallenges)
    .where(
      and(
        eq(passkeyChallenges.hash, hash),
        eq(passkeyChallenges.ceremony, ceremony),
        userId === null ? isNull(passkeyChallenges.userId) : eq(passkeyChallenges.userId, userId),
        gt(passkeyChallenges.expiresAt, tokenClock.now()),
      ),
    )
    .returning({ hash: passkeyChallenges.hash });

/** The challenge that a browser says it answers; whether it was ours, D1 tells. */
export function challengeIn(clientDataJSON: string): string {
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(clientDataJSON, { alphabet: "base64url" }));
    const { challenge } = JSON.parse(text) as { challenge?: unknown };
    if (typeof challenge === "string") return challenge;
  } catch {
    // It is as bad as none.
  }
  throw challengeGone();
}

export const challengeGone = (): AppError =>
  new AppError("INVALID_TOKEN", "This challenge was answered, is too old, or never was one; ask for options again.");

export const notGenuine = (cause?: unknown): AppError =>
  new AppError("INVALID_CREDENTIALS", "This passkey is not known here, or its answer is not genuine.", { cause });
