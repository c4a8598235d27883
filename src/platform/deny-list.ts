import type { UserActor } from "./actor.ts";
import { newId } from "./ids.ts";
import { ACCESS_TOKEN_SECONDS } from "./tokens.ts";

/** How long this isolate believes what KV said; a revocation made in this isolate counts at once. */
const MEMORY_MS = 5_000;
const MAX_REMEMBERED = 10_000;

interface Remembered {
  value: string | null;
  until: number;
}

const memory = new Map<string, Remembered>();

export interface DenyList {
  /** Refuses every access token of the session. */
  denySession(sessionId: string): Promise<void>;
  /** Refuses every access token of the sessions that the user opened before now. */
  denyUser(userId: string): Promise<void>;
  isDenied(actor: UserActor): Promise<boolean>;
}

/** Revoked tokens, in KV: eventually consistent, so another location may lag by up to 60 s or a little more. */
export function denyList(kv: KVNamespace): DenyList {
  const put = async (key: string, value: string) => {
    remember(key, value, ACCESS_TOKEN_SECONDS * 1000);
    await kv.put(key, value, { expirationTtl: ACCESS_TOKEN_SECONDS + 60 });
  };
  return {
    denySession: (sessionId) => put(sessionKey(sessionId), "1"),
    // Ids are ordered by time, to the millisecond; `iat` counts seconds and would refuse a login right after.
    denyUser: (userId) => put(userKey(userId), newId()),
    async isDenied(actor) {
      const [session, user] = await read(kv, [sessionKey(actor.sessionId), userKey(actor.id)]);
      return session !== null || (user !== null && actor.sessionId < user);
    },
  };
}

const sessionKey = (id: string) => `session:${id}`;
const userKey = (id: string) => `user:${id}`;

function remember(key: string, value: string | null, forMs: number): void {
  if (memory.size >= MAX_REMEMBERED) memory.clear();
  memory.set(key, { value, until: Date.now() + forMs });
}

/** One bulk read for what this isolate does not remember. */
async function read(kv: KVNamespace, keys: [string, string]): Promise<[string | null, string | null]> {
  const now = Date.now();
  const missing = keys.filter((key) => (memory.get(key)?.until ?? 0) <= now);
  if (missing.length > 0) {
    const found = await kv.get(missing);
    for (const key of missing) remember(key, found.get(key) ?? null, MEMORY_MS);
  }
  return [memory.get(keys[0])?.value ?? null, memory.get(keys[1])?.value ?? null];
}
