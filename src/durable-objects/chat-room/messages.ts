import type { Person } from "./identity.ts";
import type { ChatMessage, Message, ReactionCount } from "./protocol.ts";

export type MessageRow = {
  seq: number;
  id: string;
  client_id: string;
  author_id: string;
  username: string;
  avatar_url: string | null;
  body: string | null;
  first_body: string | null;
  reply_to: string | null;
  created_at: number;
  edited_at: number | null;
  deleted_at: number | null;
};

export interface NewMessage extends Pick<Message, "seq" | "id" | "clientId" | "body" | "replyTo"> {
  authorId: string;
  createdAt: number;
}

/** Which page of the history: at most one of the three, each a seq; none means the latest page. */
export interface Page {
  before?: number | undefined;
  after?: number | undefined;
  around?: number | undefined;
  limit: number;
}

const SELECT = "SELECT m.*, p.username, p.avatar_url FROM messages m JOIN people p ON p.id = m.author_id";
const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export class MessageStore {
  readonly #sql: SqlStorage;
  readonly #known = new Map<string, string>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keeps people's present names; writes only when one has changed. */
  introduce(person: Person): void {
    const look = JSON.stringify([person.username, person.avatarUrl]);
    if (this.#known.get(person.id) === look) return;
    this.#sql.exec(
      `INSERT INTO people (id, username, avatar_url) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET username = excluded.username, avatar_url = excluded.avatar_url`,
      person.id,
      person.username,
      person.avatarUrl,
    );
    this.#known.set(person.id, look);
  }

  /** Gives a known person another look; whoever never spoke here stays unknown. */
  disguise(person: Person): void {
    this.#sql.exec(
      "UPDATE people SET username = ?, avatar_url = ? WHERE id = ?",
      person.username,
      person.avatarUrl,
      person.id,
    );
    this.#known.delete(person.id);
  }

  /** What one person wrote, ascending. */
  by(authorId: string, after: number, limit: number): MessageRow[] {
    return this.#all(`${SELECT} WHERE m.author_id = ? AND m.seq > ? ORDER BY m.seq LIMIT ?`, authorId, after, limit);
  }

  /** One statement, whatever the number of messages. */
  insert(messages: readonly NewMessage[]): void {
    this.#sql.exec(
      `INSERT INTO messages (seq, id, client_id, author_id, body, reply_to, created_at)
       SELECT value ->> 'seq', value ->> 'id', value ->> 'clientId', value ->> 'authorId', value ->> 'body',
              value ->> 'replyTo', value ->> 'createdAt'
       FROM json_each(?)`,
      JSON.stringify(messages),
    );
  }

  byId(id: string): MessageRow | undefined {
    return this.#all(`${SELECT} WHERE m.id = ?`, id)[0];
  }

  byClientId(authorId: string, clientId: string): MessageRow | undefined {
    return this.#all(`${SELECT} WHERE m.author_id = ? AND m.client_id = ?`, authorId, clientId)[0];
  }

  since(after: number): MessageRow[] {
    return this.#all(`${SELECT} WHERE m.seq > ? ORDER BY m.seq`, after);
  }

  latest(): MessageRow | undefined {
    return this.#all(`${SELECT} ORDER BY m.seq DESC LIMIT 1`)[0];
  }

  /** When this person last spoke, in ms. */
  lastSpokeAt(authorId: string): number | undefined {
    return this.#all(`${SELECT} WHERE m.author_id = ? ORDER BY m.seq DESC LIMIT 1`, authorId)[0]?.created_at;
  }

  page({ before, after, around, limit }: Page): MessageRow[] {
    if (around !== undefined) {
      const older = this.#older(around, Math.floor(limit / 2));
      return [...older, ...this.#newer(around - 1, limit - older.length)];
    }
    return after === undefined ? this.#older(before ?? Number.MAX_SAFE_INTEGER, limit) : this.#newer(after, limit);
  }

  edit(seq: number, body: string, at: number): void {
    this.#sql.exec(
      "UPDATE messages SET first_body = coalesce(first_body, body), body = ?, edited_at = ? WHERE seq = ?",
      body,
      at,
      seq,
    );
  }

  /** Leaves a tombstone: the place stays, the words and the reactions are gone, from the log of edits too. */
  erase(seq: number, at: number): void {
    this.#sql.exec("UPDATE messages SET body = NULL, first_body = NULL, deleted_at = ? WHERE seq = ?", at, seq);
    this.#sql.exec("DELETE FROM reactions WHERE message_seq = ?", seq);
    this.#sql.exec(
      "UPDATE events SET payload = json_remove(payload, '$.body') WHERE message_seq = ? AND type = 'message_updated'",
      seq,
    );
  }

  #older(before: number, limit: number): MessageRow[] {
    return this.#all(`${SELECT} WHERE m.seq < ? ORDER BY m.seq DESC LIMIT ?`, before, limit).reverse();
  }

  #newer(after: number, limit: number): MessageRow[] {
    return this.#all(`${SELECT} WHERE m.seq > ? ORDER BY m.seq LIMIT ?`, after, limit);
  }

  #all(query: string, ...bindings: SqlStorageValue[]): MessageRow[] {
    return this.#sql.exec<MessageRow>(query, ...bindings).toArray();
  }
}

const toAuthor = (row: MessageRow): Person => ({
  id: row.author_id,
  username: row.username,
  avatarUrl: row.avatar_url,
});

/** The message as it was first said; a deleted one has no words even here. */
export const toChatMessage = (row: MessageRow): ChatMessage => ({
  seq: row.seq,
  id: row.id,
  clientId: row.client_id,
  author: toAuthor(row),
  body: row.first_body ?? row.body,
  replyTo: row.reply_to,
  createdAt: new Date(row.created_at).toISOString(),
});

export const toMessage = (row: MessageRow, reactions: ReactionCount[]): Message => ({
  id: row.id,
  seq: row.seq,
  clientId: row.client_id,
  author: toAuthor(row),
  body: row.body,
  replyTo: row.reply_to,
  reactions,
  editedAt: instant(row.edited_at),
  deletedAt: instant(row.deleted_at),
  createdAt: new Date(row.created_at).toISOString(),
});
