import { countFor, type ReactionStore } from "./reactions.ts";
import { type MessageStore, toChatMessage, toMessage } from "./messages.ts";
import { encode, type ServerPayloads } from "./protocol.ts";

/** What is stored and numbered beside new messages. An edit is stored as its words, the frame is built when it is sent. */
export interface StoredPayloads {
  message_updated: { body?: string };
  message_deleted: Omit<ServerPayloads["message_deleted"], "seq">;
  reaction_changed: Omit<ServerPayloads["reaction_changed"], "seq">;
  member_changed: Omit<ServerPayloads["member_changed"], "seq">;
  room_changed: Omit<ServerPayloads["room_changed"], "seq">;
}

type StoredType = keyof StoredPayloads;
type EventRow = { seq: number; type: StoredType; message_id: string | null; payload: string; created_at: number };

export class EventLog {
  readonly #sql: SqlStorage;
  readonly #messages: MessageStore;
  readonly #reactions: ReactionStore;

  constructor(sql: SqlStorage, messages: MessageStore, reactions: ReactionStore) {
    this.#sql = sql;
    this.#messages = messages;
    this.#reactions = reactions;
  }

  /** The number of the newest thing stored, 0 in an empty room. Two look-ups at the end of an index. */
  lastSeq(): number {
    const query = `SELECT max(coalesce((SELECT max(seq) FROM messages), 0), coalesce((SELECT max(seq) FROM events), 0)) AS seq`;
    return this.#sql.exec<{ seq: number }>(query).one().seq;
  }

  append<T extends StoredType>(
    type: T,
    payload: StoredPayloads[T],
    at: number,
    about: { messageSeq?: number; key?: string | undefined } = {},
  ): number {
    const seq = this.lastSeq() + 1;
    this.#sql.exec(
      "INSERT INTO events (seq, type, message_seq, payload, key, created_at) VALUES (?, ?, ?, ?, ?, ?)",
      seq,
      type,
      about.messageSeq ?? null,
      JSON.stringify(payload),
      about.key ?? null,
      at,
    );
    return seq;
  }

  /** Whether an event with this key was stored before: a change that is told twice counts once. */
  has(key: string): boolean {
    return this.#sql.exec("SELECT 1 FROM events WHERE key = ?", key).toArray().length > 0;
  }

  /** The frames of everything after `after`, in order, as this person sees them. */
  replay(after: number, viewerId: string): string[] {
    const messages = this.#messages.since(after).map((row) => ({
      seq: row.seq,
      text: encode("chat_message", toChatMessage(row), row.created_at),
    }));
    const query = `SELECT e.seq, e.type, m.id AS message_id, e.payload, e.created_at FROM events e
      LEFT JOIN messages m ON m.seq = e.message_seq WHERE e.seq > ?`;
    const events = this.#sql.exec<EventRow>(query, after).toArray();
    const told = events.map((row) => ({ seq: row.seq, text: this.#retell(row, viewerId) }));
    return [...messages, ...told].sort((a, b) => a.seq - b.seq).map(({ text }) => text);
  }

  #retell(row: EventRow, viewerId: string): string {
    if (row.type === "message_updated") return this.#retellEdit(row, viewerId);
    // Written by `append` alone, which typed it.
    const payload = JSON.parse(row.payload) as StoredPayloads[typeof row.type];
    return encode(row.type, { ...payload, seq: row.seq }, row.created_at);
  }

  #retellEdit(row: EventRow, viewerId: string): string {
    const edited = row.message_id === null ? undefined : this.#messages.byId(row.message_id);
    if (edited === undefined) throw new Error("an edit without its message");
    const { body = null } = JSON.parse(row.payload) as StoredPayloads["message_updated"];
    const reactions = countFor(this.#reactions.on(edited.seq), viewerId);
    const message = toMessage({ ...edited, body, edited_at: row.created_at }, reactions);
    return encode("message_updated", { seq: row.seq, message }, row.created_at);
  }
}
