import { countFor, type ReactionStore } from "./reactions.ts";
import { type MessageRow, type MessageStore, toChatMessage, toMessage } from "./messages.ts";
import type { Progress } from "./progress.ts";
import { encode, type ServerPayloads } from "./protocol.ts";

/** How a message was after an edit or a pin, as far as those change it; the frame is built when it is sent. */
interface StoredUpdate {
  body?: string | null;
  /** In ms; without it the event itself was the edit. */
  editedAt?: number | null;
  pinnedAt?: number | null;
  pinnedBy?: string | null;
  /** Nothing was said anew, the message was pinned or unpinned. */
  pin?: true;
}

/** What is stored and numbered beside new messages. */
export interface StoredPayloads {
  message_updated: StoredUpdate;
  message_deleted: Omit<ServerPayloads["message_deleted"], "seq">;
  reaction_changed: Omit<ServerPayloads["reaction_changed"], "seq">;
  member_changed: Omit<ServerPayloads["member_changed"], "seq">;
  room_changed: Omit<ServerPayloads["room_changed"], "seq">;
}

type StoredType = keyof StoredPayloads;
type EventRow = { seq: number; type: StoredType; message_seq: number | null; payload: string; created_at: number };

export class EventLog {
  readonly #sql: SqlStorage;
  readonly #messages: MessageStore;
  readonly #reactions: ReactionStore;
  readonly #progress: Progress;

  constructor(sql: SqlStorage, parts: { messages: MessageStore; reactions: ReactionStore; progress: Progress }) {
    this.#sql = sql;
    this.#messages = parts.messages;
    this.#reactions = parts.reactions;
    this.#progress = parts.progress;
  }

  /** The number of the newest thing stored, 0 in an empty room. Two look-ups at the end of an index. */
  lastSeq(): number {
    const query = `SELECT max(coalesce((SELECT max(seq) FROM messages), 0), coalesce((SELECT max(seq) FROM events), 0)) AS seq`;
    return Math.max(this.#sql.exec<{ seq: number }>(query).one().seq, this.#progress.forgottenTo);
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

  /** What a message said before and since, oldest first. */
  versions({ seq, body, first_body, created_at }: MessageRow): { body: string; at: number }[] {
    const query =
      "SELECT payload, created_at FROM events WHERE message_seq = ? AND type = 'message_updated' ORDER BY seq";
    const updates = this.#sql.exec<{ payload: string; created_at: number }>(query, seq).toArray();
    const edits = updates.flatMap((row) => {
      const { body: words, pin } = JSON.parse(row.payload) as StoredUpdate;
      return words && !pin ? [{ body: words, at: row.created_at }] : [];
    });
    return [{ body: first_body ?? body ?? "", at: created_at }, ...edits];
  }

  /** The frames of everything after `after`, in order, as this person sees them. */
  replay(after: number, viewerId: string): string[] {
    const messages = this.#messages.since(after).map((row) => ({
      seq: row.seq,
      text: encode("chat_message", toChatMessage(row), row.created_at),
    }));
    const query = "SELECT seq, type, message_seq, payload, created_at FROM events WHERE seq > ?";
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
    const updated = row.message_seq === null ? undefined : this.#messages.bySeq(row.message_seq);
    if (updated === undefined) throw new Error("an update without its message");
    const stored = JSON.parse(row.payload) as StoredUpdate;
    const { body = null, editedAt = row.created_at, pinnedAt = null, pinnedBy = null } = stored;
    const then = { body, edited_at: editedAt, pinned_at: pinnedAt, pinned_by: pinnedBy };
    const reactions = countFor(this.#reactions.on(updated.seq), viewerId);
    const message = toMessage({ ...updated, ...then }, reactions);
    return encode("message_updated", { seq: row.seq, message }, row.created_at);
  }
}
