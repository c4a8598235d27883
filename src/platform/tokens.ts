import type { JWK } from "jose";
import { SignJWT, errors, importJWK, jwtVerify } from "jose";
import { z } from "zod";
import type { UserActor } from "./actor.ts";
import type { Config } from "./config.ts";
import { AppError } from "./errors.ts";
import type { Role } from "./permissions.ts";
import { PERMISSIONS, permissionsOf } from "./permissions.ts";

export const ACCESS_TOKEN_SECONDS = 15 * 60;
const ALGORITHM = "EdDSA";
export const CLOCK_TOLERANCE_SECONDS = 30;

const roles = Object.keys(PERMISSIONS) as [Role, ...Role[]];
const Claims = z.object({
  sub: z.string(),
  sid: z.string(),
  jti: z.string(),
  username: z.string(),
  roles: z.tuple([z.enum(roles)]),
  mustChangePassword: z.literal(true).optional(),
  exp: z.number(),
});

export interface Subject {
  id: string;
  username: string;
  email: string;
  role: Role;
  mustChangePassword: boolean;
}

export type AccessTokens = ReturnType<typeof accessTokens>;

const imported = new WeakMap<Config, Map<string, Promise<CryptoKey>>>();

/** Tokens that this isolate has verified already; whether they were revoked since is for the deny list to say. */
const verified = new WeakMap<Config, Map<string, UserActor>>();
const MAX_VERIFIED = 5_000;

/** Issues and verifies access tokens: EdDSA only, `kid` picks the key, the first private key signs, all of the set verify. */
export function accessTokens(config: Config) {
  const { keys } = config.JWT_KEYS;
  const signer = keys[0];
  const known = verified.get(config) ?? new Map<string, UserActor>();
  verified.set(config, known);

  return {
    /**
     * Tokens keep real time, whatever the development clock says: a moved clock must not end a session. `tokenId` is a
     * `newId()` from before the subject was read, so that the deny list refuses a token that tells what was changed meanwhile.
     */
    async issue(subject: Subject, sessionId: string, tokenId: string): Promise<string> {
      if (!signer) throw new Error("no signing key");
      return await new SignJWT({
        sid: sessionId,
        username: subject.username,
        email: subject.email,
        roles: [subject.role],
        permissions: permissionsOf(subject.role),
        typ: "access",
        ...(subject.mustChangePassword ? { mustChangePassword: true } : {}),
      })
        .setProtectedHeader({ alg: ALGORITHM, kid: signer.kid, typ: "at+jwt" })
        .setSubject(subject.id)
        .setIssuer(config.JWT_ISSUER)
        .setAudience(config.JWT_AUDIENCE)
        .setJti(tokenId)
        .setIssuedAt()
        .setExpirationTime(`${ACCESS_TOKEN_SECONDS}s`)
        .sign(await keyOf(config, signer));
    },

    /** Throws `TOKEN_EXPIRED` for a token that ended, `UNAUTHENTICATED` for any other fault. */
    async verify(token: string): Promise<UserActor> {
      const seen = known.get(token);
      if (seen && seen.expiresAt.getTime() + CLOCK_TOLERANCE_SECONDS * 1000 > Date.now()) return seen;
      known.delete(token);
      try {
        const { payload } = await jwtVerify(
          token,
          async (header) => {
            const jwk = keys.find((key) => key.kid === header.kid);
            if (!jwk) throw new errors.JWKSNoMatchingKey();
            return await keyOf(config, { ...jwk, d: undefined });
          },
          {
            algorithms: [ALGORITHM],
            issuer: config.JWT_ISSUER,
            audience: config.JWT_AUDIENCE,
            typ: "at+jwt",
            clockTolerance: CLOCK_TOLERANCE_SECONDS,
          },
        );
        const claims = Claims.parse(payload);
        const actor: UserActor = {
          kind: "user",
          id: claims.sub,
          username: claims.username,
          role: claims.roles[0],
          sessionId: claims.sid,
          tokenId: claims.jti,
          mustChangePassword: claims.mustChangePassword ?? false,
          expiresAt: new Date(claims.exp * 1000),
        };
        remember(known, token, actor);
        return actor;
      } catch (error) {
        if (error instanceof errors.JWTExpired)
          throw new AppError("TOKEN_EXPIRED", "The access token has ended; refresh it.");
        throw new AppError("UNAUTHENTICATED", "The access token is not valid.", { cause: error });
      }
    },

    publicKeys: (): JWK[] => keys.map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid, alg: ALGORITHM, use: "sig" })),
  };
}

function remember(known: Map<string, UserActor>, token: string, actor: UserActor): void {
  const [oldest] = known.keys();
  if (known.size >= MAX_VERIFIED && oldest !== undefined) known.delete(oldest);
  known.set(token, actor);
}

type Key = Config["JWT_KEYS"]["keys"][number];

/** Importing costs as much as verifying, so each key is imported once an isolate. */
function keyOf(config: Config, { kty, crv, x, d, kid }: Key): Promise<CryptoKey> {
  const cache = imported.get(config) ?? new Map<string, Promise<CryptoKey>>();
  imported.set(config, cache);
  const name = `${d ? "private" : "public"}:${kid}`;
  const key = cache.get(name) ?? (importJWK({ kty, crv, x, ...(d ? { d } : {}) }, ALGORITHM) as Promise<CryptoKey>);
  cache.set(name, key);
  return key;
}
