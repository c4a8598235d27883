import type { UserActor } from "./actor.ts";
import { newId } from "./ids.ts";
import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS } from "./tokens.ts";

/** How long this isolate believes what KV said; a revocation made in this isolate counts at once. */
const MEMORY_MS = 5_000;
const MAX_REMEMBERED = 10_000;
/** No token that is refused lives longer. KV takes nothing below 60. */
const KEPT_SECONDS = ACCESS_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS;
/** KV takes one write a second for a key. */
const WRITE_AGAIN_AFTER_MS = 1_100;

interface Remembered {
  value: string | null;
  until: number;
}

const memory = new Map<string, Remembered>();

export interface DenyList {
  /** Refuses every access token of the session. */
  denySession(sessionId: string): Promise<void>;
  /** Refuses every access token of the user that was issued before now. What a refresh or a login gives from now on is good. */
  denyUser(userId: string): Promise<void>;
  /** The same, but for one session, whose tokens stay as good as they are. */
  denyOtherSessions(userId: string, keptSessionId: string): Promise<void>;
  isDenied(actor: Pick<UserActor, "id" | "sessionId" | "tokenId">): Promise<boolean>;
}

/** Revoked tokens, in KV: eventually consistent, so another location may lag by up to 60 s or a little more. */
export function denyList(kv: KVNamespace): DenyList {
  const put = async (key: string, value: string) => {
    remember(key, value, KEPT_SECONDS * 1000);
    const write = () => kv.put(key, value, { expirationTtl: KEPT_SECONDS });
    await write().catch(async () => {
      await new Promise((resolve) => setTimeout(resolve, WRITE_AGAIN_AFTER_MS));
      await write();
    });
  };
  return {
    denySession: (sessionId) => put(sessionKey(sessionId), "1"),
    denyUser: (userId) => put(userKey(userId), newId()),
    denyOtherSessions: (userId, keptSessionId) => put(othersKey(userId), `${newId()} ${keptSessionId}`),
    async isDenied({ id, sessionId, tokenId }) {
      const [session = null, user = null, others = null] = await read(kv, [
        sessionKey(sessionId),
        userKey(id),
        othersKey(id),
      ]);
      if (session !== null || (user !== null && notAfter(tokenId, user))) return true;
      const [before, kept] = others?.split(" ") ?? [];
      return before !== undefined && sessionId !== kept && notAfter(tokenId, before);
    },
  };
}

/** A UUIDv7 begins with its millisecond, which `iat` rounds to seconds; within one, the ids of two isolates have no order. */
const millisecondOf = (id: string): string => id.slice(0, 13);
const notAfter = (tokenId: string, entry: string): boolean => millisecondOf(tokenId) <= millisecondOf(entry);

const sessionKey = (id: string) => `session:${id}`;
const userKey = (id: string) => `user:${id}`;
/** A key of its own: it must not take the place of an entry that spares nobody. */
const othersKey = (id: string) => `others:${id}`;

function remember(key: string, value: string | null, forMs: number): void {
  if (memory.size >= MAX_REMEMBERED) forget();
  memory.set(key, { value, until: Date.now() + forMs });
}

/** Makes room; what is denied and still counts stays, unless there is nothing else. */
function forget(): void {
  const now = Date.now();
  for (const [key, { value, until }] of memory) if (value === null || until <= now) memory.delete(key);
  if (memory.size >= MAX_REMEMBERED) memory.clear();
}

type Keys = [session: string, user: string, others: string];

const remembered = (key: string, now: number): Remembered | undefined => {
  const entry = memory.get(key);
  return entry && entry.until > now ? entry : undefined;
};

/** One bulk read for what this isolate does not remember. */
async function read(kv: KVNamespace, keys: Keys): Promise<(string | null)[]> {
  const missing = keys.filter((key) => !remembered(key, Date.now()));
  const found = missing.length > 0 ? await kv.get(missing) : new Map<string, string | null>();
  return keys.map((key) => {
    // While KV was asked, this isolate may have denied it itself.
    const own = remembered(key, Date.now())?.value ?? null;
    const value = own ?? found.get(key) ?? null;
    if (own === null && found.has(key)) remember(key, value, MEMORY_MS);
    return value;
  });
}
