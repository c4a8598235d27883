import type { Json } from "../demo-client.ts";
import type { Journal } from "./journal.ts";
import type { Person } from "./person.ts";

const PAGE = 100;

interface Told {
  seq: number;
  id: string | undefined;
}

/** What each room is known to hold, and up to where. */
export class Rooms {
  readonly #checked = new Map<string, number>();
  readonly #seen = new Map<string, Told[]>();
  readonly #sockets: WebSocket[] = [];

  /** Listens to a room: what anybody was told must be in its history too. */
  async listen(url: string, room: string, listener: Person): Promise<void> {
    const socket = await open(url, room, listener, this.#checked.get(room) ?? 0);
    const seen = this.#seen.get(room) ?? [];
    this.#seen.set(room, seen);
    socket.addEventListener("message", ({ data }) => seen.push(...numbered(String(data))));
    this.#sockets.push(socket);
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  /** Replays what is new since the last time and compares it with what was acknowledged and with what was seen. */
  async faults(url: string, room: string, listener: Person, journal: Journal): Promise<string[]> {
    const after = this.#checked.get(room) ?? 0;
    const told = await replay(url, room, listener, after);
    const gaps = told.flatMap(({ seq }, place) =>
      seq === after + 1 + place ? [] : [`room ${room}: ${seq} stands where ${after + 1 + place} belongs`],
    );
    const ids = new Map(told.map(({ seq, id }) => [seq, id]));
    const claims = [...journal.messages.filter((message) => message.room === room), ...(this.#seen.get(room) ?? [])];
    const missing = claims
      .filter(({ seq, id }) => seq > after && !(ids.has(seq) && (id === undefined || ids.get(seq) === id)))
      .map(({ seq, id }) => `room ${room}: ${seq} (${id}) is lost`);
    this.#seen.set(room, []);
    this.#checked.set(room, Math.max(after, ...told.map(({ seq }) => seq)));
    return [...gaps, ...missing];
  }
}

const isMessage = (type: string): boolean => type === "chat_message";

function numbered(text: string): Told[] {
  const frames: Json[] = [JSON.parse(text)].flat();
  return frames
    .filter(({ type, payload }: Json) => typeof payload.seq === "number" && type !== "message_ack")
    .map(({ type, payload }: Json) => ({ seq: payload.seq, id: isMessage(type) ? payload.id : undefined }));
}

async function open(url: string, room: string, listener: Person, after: number): Promise<WebSocket> {
  const address = `${url.replace("http", "ws")}/api/v1/rooms/${room}/socket?after=${after}`;
  const socket = new WebSocket(address, ["guildhall.v1", `ticket.${await listener.ticket(room)}`]);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error(`No socket of room ${room}.`)));
  });
  return socket;
}

function replay(url: string, room: string, listener: Person, after: number): Promise<Told[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Told[]>();
  const told: Told[] = [];
  const listening = open(url, room, listener, after).then((socket) => {
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      told.push(...numbered(text));
      if (text.includes('"type":"sync_reset"')) reject(new Error("More was said than a replay tells."));
      if (text.includes('"type":"sync_complete"')) resolve(told);
    });
    return socket;
  });
  listening.catch(reject);
  const timer = setTimeout(() => reject(new Error(`Room ${room} told nothing within 20 s.`)), 20_000);
  return promise.finally(() => {
    clearTimeout(timer);
    void listening.then((socket) => socket.close());
  });
}

/** Every message of a room from its first, as its history tells: each acknowledged one with its own number, each said once. */
export async function historyFaults(room: string, reader: Person, journal: Journal): Promise<string[]> {
  const messages: Json[] = [];
  for (let after = 0; ;) {
    const { data } = await reader.get(`/rooms/${room}/messages?after=${after}&limit=${PAGE}`);
    messages.push(...data);
    if (data.length < PAGE) break;
    after = data.at(-1).seq;
  }
  const bySeq = new Map(messages.map(({ seq, id }) => [seq, id]));
  const lost = journal.messages
    .filter((message) => message.room === room && bySeq.get(message.seq) !== message.id)
    .map(({ seq }) => `room ${room}: message ${seq} is not in the history`);
  const said = new Set(messages.map(({ body }) => body));
  return said.size === messages.length ? lost : [...lost, `room ${room}: something was said twice`];
}
