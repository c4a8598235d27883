import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect } from "vitest";
import { encodeIdentity, IDENTITY_HEADER, type Identity } from "../../src/durable-objects/chat-room/identity.ts";
import { relayName } from "../../src/durable-objects/room-relay/delivery.ts";
import { RoomClient } from "./room-client.ts";

const ROOM = { id: "r1", kind: "public" as const, name: "Readers", topic: null, slowModeSeconds: 0 };
const PEOPLE = ["ana", "ben", "chidi", "dora", "emil", "fay", "gus", "hana"];
const EMOJI = ["👍", "🎉", "❤️"];
const HOUR = 3_600_000;

type Room = ReturnType<typeof env.CHAT_ROOM.getByName>;

let rooms = 0;

export const modelIdentity = (name: string, after: number | null): Identity => ({
  room: ROOM,
  members: PEOPLE.length,
  user: { id: name, username: name, avatarUrl: null },
  sessionId: `session of ${name}`,
  role: name === "ana" ? "moderator" : "member",
  mutedUntil: null,
  rateLimits: false,
  after,
  expiresAt: Date.now() + HOUR,
});

/** Somebody at the room itself, or at one of its relays. */
export const clientAt = (place: Pick<Room, "fetch">, name: string): RoomClient =>
  new RoomClient(name, (after) => {
    const headers = { upgrade: "websocket", [IDENTITY_HEADER]: encodeIdentity(modelIdentity(name, after)) };
    return place.fetch("https://room/", { headers });
  });

interface World {
  room: Room;
  relays: DurableObjectStub[];
  clients: RoomClient[];
  said: string[];
}

/** What can happen. `n` chooses a message, an emoji, or how many. */
const ACTS = {
  say: ({ clients, said }: World, who: number, n: number) => {
    for (let i = 0; i <= n % 4; i++) {
      const clientId = `${who}-${said.length}`;
      said.push(`${PEOPLE[who]} ${clientId}`);
      clients[who]?.say({ clientId, body: `said ${clientId}`, replyTo: target(clients[who], n) ?? null });
    }
  },
  edit: ({ clients }: World, who: number, n: number) =>
    clients[who]?.ask("edit_message", { messageId: target(clients[who], n), body: `edited ${n}` }),
  delete: ({ clients }: World, who: number, n: number) =>
    clients[who]?.ask("delete_message", { messageId: target(clients[who], n) }),
  react: ({ clients }: World, who: number, n: number) =>
    clients[who]?.ask("add_reaction", { messageId: target(clients[who], n), emoji: EMOJI[n % 3] }),
  unreact: ({ clients }: World, who: number, n: number) =>
    clients[who]?.ask("remove_reaction", { messageId: target(clients[who], n), emoji: EMOJI[n % 3] }),
  tell: async ({ room }: World, who: number, n: number) =>
    await room.memberChanged({ userId: PEOPLE[who] ?? "", change: "role", role: "member" }, `key ${n}`),
  drop: ({ clients }: World, who: number) => clients[who]?.drop(),
  return: async ({ clients }: World, who: number) => {
    if (!clients[who]?.open) await clients[who]?.connect();
  },
  /** The object sleeps: its memory is gone, the sockets stay. */
  sleep: async ({ room }: World) => await evict(room, "hibernate"),
  /** The object dies: its memory and the sockets are gone. */
  die: async ({ room }: World) => await evict(room, "close"),
  relaySleeps: async ({ relays }: World, _: number, n: number) => await evict(relays[n % relays.length], "hibernate"),
  relayDies: async ({ relays }: World, _: number, n: number) => await evict(relays[n % relays.length], "close"),
  /** Lets answers arrive. */
  breathe: async () => await new Promise((resolve) => setTimeout(resolve, 5)),
};

/** After a death it may not run again yet. */
async function evict(object: DurableObjectStub | undefined, webSockets: "hibernate" | "close"): Promise<void> {
  if (object === undefined) return;
  await evictDurableObject(object, { webSockets }).catch((error: unknown) => {
    if (!String(error).includes("not currently running")) throw error;
  });
}

const target = (client: RoomClient | undefined, n: number): string | undefined => {
  const messages = client?.history.messages.slice(-6) ?? [];
  return messages[n % Math.max(1, messages.length)]?.id;
};

const act = fc.record({
  who: fc.nat(PEOPLE.length - 1),
  what: fc.oneof(
    { weight: 5, arbitrary: fc.constant("say" as const) },
    { weight: 7, arbitrary: fc.constantFrom("edit" as const, "delete", "react", "react", "unreact", "tell") },
    { weight: 5, arbitrary: fc.constantFrom("drop" as const, "return", "return") },
    { weight: 2, arbitrary: fc.constantFrom("sleep" as const, "die", "relaySleeps", "relayDies") },
    { weight: 3, arbitrary: fc.constant("breathe" as const) },
  ),
  n: fc.nat(11),
});

/** Lets eight clients do anything while the objects suffer; with relays, the clients are spread over these. */
export function everybodyEndsAlike(relayCount: number): fc.IAsyncProperty<unknown> {
  return fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 60 }), async (acts) => {
    const name = `model-${relayCount}-${(rooms += 1)}`;
    const room = env.CHAT_ROOM.getByName(name);
    const relays = Array.from({ length: relayCount }, (_, n) => env.ROOM_RELAY.getByName(relayName(name, n)));
    const clients = PEOPLE.map((person, n) => clientAt(relays[n % Math.max(1, relayCount)] ?? room, person));
    const world: World = { room, relays, clients, said: [] };
    for (const client of clients) await client.connect();
    for (const { what, who, n } of acts) await ACTS[what](world, who, n);
    await settle(world);
    await compare(world);
    for (const client of clients) client.drop();
  });
}

/** Everybody comes back, says again what was not acknowledged, and hears the room out. */
async function settle({ room, clients }: World): Promise<void> {
  for (const client of clients) {
    client.drop();
    await client.connect();
    await client.until("acknowledgements", () => client.history.outbox.length === 0);
  }
  const { lastSeq } = await room.overview("ana");
  for (const client of clients) await client.until("the end", () => client.history.lastSeq === lastSeq);
}

async function compare({ room, clients, said }: World): Promise<void> {
  const newcomer = clientAt(room, "nobody");
  await newcomer.connect();
  const { noted, history } = newcomer;
  newcomer.drop();
  expect(noted.map(([seq]) => seq)).toEqual(Array.from({ length: history.lastSeq }, (_, i) => i + 1));
  expect(history.messages.map(({ author, clientId }) => `${author.id} ${clientId}`).sort()).toEqual(said.sort());
  for (const client of clients) expect(client.noted).toEqual(noted);
  for (const [n, client] of clients.entries()) {
    const stored = await wholeHistory(room, PEOPLE[n] ?? "");
    expect(client.history.messages.map(comparable)).toEqual(stored.map(comparable));
  }
}

async function wholeHistory(room: Room, viewerId: string) {
  const whole = [];
  for (let after = 0, more = true; more; after = whole.at(-1)?.seq ?? 0) {
    const page = await room.history({ after, limit: 20, viewerId });
    whole.push(...page.messages);
    more = page.hasMore;
  }
  return whole;
}

/** Kinds of reactions are listed in the order in which each viewer first saw them. */
const comparable = (message: RoomClient["history"]["messages"][number]) => ({
  id: message.id,
  seq: message.seq,
  clientId: message.clientId,
  author: message.author,
  body: message.body,
  replyTo: message.replyTo,
  reactions: message.reactions.toSorted((a, b) => (a.emoji < b.emoji ? -1 : 1)),
  edited: message.editedAt !== null,
  deletedAt: message.deletedAt,
  createdAt: message.createdAt,
});
