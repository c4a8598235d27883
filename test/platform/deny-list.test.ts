import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { UserActor } from "../../src/platform/actor.ts";
import type { DenyList } from "../../src/platform/deny-list.ts";
import { newId } from "../../src/platform/ids.ts";

/** A list as another isolate has it: nothing remembered, the same KV. */
async function isolate(kv: KVNamespace = env.DENY_LIST): Promise<DenyList> {
  vi.resetModules();
  const { denyList } = await import("../../src/platform/deny-list.ts");
  return denyList(kv);
}

interface Person {
  id: string;
  sessionId: string;
}

const someone = (id = newId()): Person => ({ id, sessionId: newId() });

const later = () => new Promise((resolve) => setTimeout(resolve, 2));

/** A token issued now. */
const token = (person: Person): UserActor => ({
  kind: "user",
  username: "mei",
  role: "student",
  mustChangePassword: false,
  tokenId: newId(),
  expiresAt: new Date(),
  ...person,
});

describe("the deny list", () => {
  it("refuses one session's tokens, whenever they were issued", async () => {
    const [here, there] = [await isolate(), await isolate()];
    const [mei, phone] = [someone(), someone()];
    const before = token(mei);
    await here.denySession(mei.sessionId);
    for (const list of [here, there]) {
      expect(await list.isDenied(before)).toBe(true);
      expect(await list.isDenied(token(mei))).toBe(true);
      expect(await list.isDenied(token(phone))).toBe(false);
    }
  });

  it("refuses a person's tokens from before, of every session, and takes what is issued after", async () => {
    const [here, there] = [await isolate(), await isolate()];
    const mei = someone();
    const phone = someone(mei.id);
    const before = [token(mei), token(phone)];
    const kofi = token(someone());
    await here.denyUser(mei.id);
    await later();
    for (const list of [here, there]) {
      expect(await Promise.all(before.map((entry) => list.isDenied(entry)))).toEqual([true, true]);
      expect(await list.isDenied(token(mei))).toBe(false);
      expect(await list.isDenied(kofi)).toBe(false);
    }
  });

  it("spares one session when a person ends the others, until everything is refused", async () => {
    const [here, there] = [await isolate(), await isolate()];
    const mei = someone();
    const phone = someone(mei.id);
    const [kept, other] = [token(mei), token(phone)];
    await here.denyOtherSessions(mei.id, mei.sessionId);
    await later();
    for (const list of [here, there]) {
      expect(await list.isDenied(kept)).toBe(false);
      expect(await list.isDenied(other)).toBe(true);
      expect(await list.isDenied(token(someone(mei.id)))).toBe(false);
    }
  });

  it("does not forgive a role's end because a password is changed later", async () => {
    const list = await isolate();
    const mei = someone();
    const old = token(mei);
    await list.denyUser(mei.id);
    await list.denyOtherSessions(mei.id, mei.sessionId);
    for (const other of [list, await isolate()]) expect(await other.isDenied(old)).toBe(true);
  });

  it("keeps an entry as long as a token lives, and asks KV once for all of a request's keys", async () => {
    const puts: unknown[] = [];
    const gets: unknown[] = [];
    const spied = new Proxy(env.DENY_LIST, {
      get: (kv, name: "put" | "get") => {
        if (name === "put") return (...call: [string, string, object]) => (puts.push(call[2]), kv.put(...call));
        return (keys: string[]) => (gets.push(keys), kv.get(keys));
      },
    });
    const list = await isolate(spied);
    const mei = token(someone());
    await Promise.all([1, 2, 3].map(() => list.isDenied(mei)));
    expect(await list.isDenied(mei)).toBe(false);
    expect(gets.length).toBeLessThanOrEqual(3);
    expect(gets[0]).toHaveLength(3);
    await list.isDenied(mei);
    expect(gets.length).toBeLessThanOrEqual(3);
    await list.denySession(mei.sessionId);
    expect(puts).toEqual([{ expirationTtl: 930 }]);
  });

  it("does not forget what this isolate denied while KV was being asked", async () => {
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    const slow = new Proxy(env.DENY_LIST, {
      get: (kv, name: "put" | "get") =>
        name === "put"
          ? kv.put.bind(kv)
          : async (keys: string[]) => {
              const found = await kv.get(keys);
              await asked;
              return found;
            },
    });
    const list = await isolate(slow);
    const mei = token(someone());
    const early = list.isDenied(mei);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await list.denySession(mei.sessionId);
    answer();
    expect(await early).toBe(true);
    expect(await list.isDenied(mei)).toBe(true);
  });

  it("writes again when KV wants a pause between two writes of a key", async () => {
    let refused = 0;
    const busy = new Proxy(env.DENY_LIST, {
      get: (kv, name: "put" | "get") => {
        if (name === "get") return kv.get.bind(kv);
        return async (...call: [string, string, object]) => {
          if (refused++ === 0) throw new Error("KV PUT failed: 429 Too Many Requests");
          await kv.put(...call);
        };
      },
    });
    const mei = token(someone());
    await (await isolate(busy)).denyUser(mei.id);
    expect(await (await isolate()).isDenied(mei)).toBe(true);
  });
});
