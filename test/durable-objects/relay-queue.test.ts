import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RelayQueue } from "../../src/durable-objects/chat-room/relay-queue.ts";
import type { Session } from "../../src/durable-objects/chat-room/roster.ts";
import type { Item } from "../../src/durable-objects/room-relay/delivery.ts";

const IDS = ["a", "b", "c", "d", "e"];
const session: Session = {
  user: { id: "u", username: "u", avatarUrl: null },
  role: "member",
  mutedUntil: null,
  rateLimits: false,
  sessionId: "s",
  expiresAt: 0,
  status: "online",
  malformed: 0,
};

/** What each socket of a relay gets, which holds these and does what it is told. */
function carriedOut(items: readonly Item[], entered: Set<string>): Map<string, string[]> {
  const got = new Map<string, string[]>(IDS.map((id) => [id, []]));
  for (const item of items) {
    if ("keep" in item) entered.add(item.id);
    else if ("close" in item) entered.delete(item.id);
    else {
      const to = "to" in item ? item.to : [...entered].filter((id) => !item.except.includes(id));
      for (const id of to) got.get(id)?.push(item.text);
    }
  }
  return got;
}

test("whatever is grouped, every socket gets what is for it, in its order", () => {
  const sending = fc.record({ text: fc.constantFrom("x", "y", "z"), to: fc.subarray(IDS) });
  fc.assert(
    fc.property(fc.array(sending, { maxLength: 40 }), (sendings) => {
      const queue = new RelayQueue();
      const expected = new Map<string, string[]>(IDS.map((id) => [id, []]));
      for (const { text, to } of sendings)
        for (const id of to) {
          queue.send(id, text);
          expected.get(id)?.push(text);
        }
      expect(carriedOut(queue.take(new Set(IDS)), new Set(IDS))).toEqual(expected);
      expect(queue.isEmpty).toBe(true);
    }),
  );
});

test("what is said to all travels once, and names those who are left out", () => {
  const queue = new RelayQueue();
  for (const id of ["a", "b", "c", "d"]) queue.send(id, "burst");
  expect(queue.take(new Set(IDS))).toEqual([{ text: "burst", except: ["e"] }]);
  queue.send("e", "for e");
  expect(queue.take(new Set(IDS))).toEqual([{ text: "for e", to: ["e"] }]);
});

test("a socket hears nothing before it is let in, and nothing after it is closed", () => {
  const queue = new RelayQueue();
  for (const id of ["a", "b", "c"]) queue.send(id, "before");
  queue.keep("d", session);
  queue.send("d", "welcome");
  queue.close("a", 4403, "banned");
  for (const id of ["b", "c", "d"]) queue.send(id, "after");
  const got = carriedOut(queue.take(new Set(["b", "c", "d"])), new Set(["a", "b", "c"]));
  expect(Object.fromEntries(got)).toEqual({
    a: ["before"],
    b: ["before", "after"],
    c: ["before", "after"],
    d: ["welcome", "after"],
    e: [],
  });
});
