import type { Person } from "./identity.ts";
import type { Progress } from "./progress.ts";
import type { Attachment, ChatMessage, Message, ReactionCount } from "./protocol.ts";

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
  attachments: string | null;
  pinned_at: number | null;
  pinned_by: string | null;
  created_at: number;
  edited_at: number | null;
  deleted_at: number | null;
};

export interface NewMessage extends Pick<Message, "seq" | "id" | "clientId" | "body" | "replyTo"> {
  authorId: string;
  attachments?: Attachment[];
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
const NO_WORDS = "body = NULL, first_body = NULL, attachments = NULL, pinned_at = NULL, pinned_by = NULL";
const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export class MessageStore {
  readonly #sql: SqlStorage;
  readonly #progress: Progress;
  readonly #known = new Map<string, string>();

  constructor(sql: SqlStorage, progress: Progress) {
    this.#sql = sql;
    this.#progress = progress;
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
      `INSERT INTO messages (seq, id, client_id, author_id, body, reply_to, attachments, created_at)
       SELECT value ->> 'seq', value ->> 'id', value ->> 'clientId', value ->> 'authorId', value ->> 'body',
              value ->> 'replyTo', value ->> 'attachments', value ->> 'createdAt'
       FROM json_each(?)`,
      JSON.stringify(messages),
    );
  }

  byId(id: string): MessageRow | undefined {
    return this.#all(`${SELECT} WHERE m.id = ? AND m.seq > ?`, id, this.#progress.forgottenTo)[0];
  }

  /** Also one that is forgotten, as long as something that happened to it is not. */
  bySeq(seq: number): MessageRow | undefined {
    return this.#all(`${SELECT} WHERE m.seq = ?`, seq)[0];
  }

  /** In the order of `seqs`. */
  atEach(seqs: readonly number[]): MessageRow[] {
    const query = `SELECT m.*, p.username, p.avatar_url FROM json_each(?) wanted
      JOIN messages m ON m.seq = wanted.value JOIN people p ON p.id = m.author_id ORDER BY wanted.key`;
    return this.#all(query, JSON.stringify(seqs));
  }

  byClientId(authorId: string, clientId: string): MessageRow | undefined {
    return this.#all(`${SELECT} WHERE m.author_id = ? AND m.client_id = ?`, authorId, clientId)[0];
  }

  since(after: number): MessageRow[] {
    return this.#all(`${SELECT} WHERE m.seq > ? ORDER BY m.seq`, after);
  }

  latest(): MessageRow | undefined {
    return this.#older(Number.MAX_SAFE_INTEGER, 1)[0];
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
    this.#sql.exec(`UPDATE messages SET ${NO_WORDS}, deleted_at = ? WHERE seq = ?`, at, seq);
    this.#sql.exec("DELETE FROM reactions WHERE message_seq = ?", seq);
    this.#sql.exec(
      "UPDATE events SET payload = json_remove(payload, '$.body') WHERE message_seq = ? AND type = 'message_updated'",
      seq,
    );
  }

  pin(seq: number, pin: { at: number; by: string } | null): void {
    const query = "UPDATE messages SET pinned_at = ?, pinned_by = ? WHERE seq = ?";
    this.#sql.exec(query, pin?.at ?? null, pin?.by ?? null, seq);
  }

  /** The last to be pinned first. */
  pinned(): MessageRow[] {
    const query = `${SELECT} WHERE m.pinned_at IS NOT NULL AND m.seq > ? ORDER BY m.pinned_at DESC, m.seq DESC`;
    return this.#all(query, this.#progress.forgottenTo);
  }

  wordsAfter(after: number, limit: number): { seq: number; body: string | null }[] {
    const query = "SELECT seq, body FROM messages WHERE seq > ? ORDER BY seq LIMIT ?";
    return this.#sql.exec<{ seq: number; body: string | null }>(query, after, limit).toArray();
  }

  withAttachmentsBetween(first: number, last: number): MessageRow[] {
    return this.#all(`${SELECT} WHERE m.seq BETWEEN ? AND ? AND m.attachments IS NOT NULL`, first, last);
  }

  /** Takes messages off the disk; one that later events speak of leaves a tombstone until those are gone. */
  forget(first: number, last: number, at: number): void {
    const spokenOf = "EXISTS (SELECT 1 FROM events e WHERE e.message_seq = messages.seq)";
    this.#sql.exec(
      `UPDATE messages SET ${NO_WORDS}, deleted_at = coalesce(deleted_at, ?) WHERE seq BETWEEN ? AND ? AND ${spokenOf}`,
      at,
      first,
      last,
    );
    const edits = "message_seq BETWEEN ? AND ? AND type = 'message_updated'";
    this.#sql.exec(`UPDATE events SET payload = json_remove(payload, '$.body') WHERE ${edits}`, first, last);
    this.#sql.exec(`DELETE FROM messages WHERE seq <= ? AND NOT ${spokenOf}`, last);
  }

  #older(before: number, limit: number): MessageRow[] {
    const query = `${SELECT} WHERE m.seq < ? AND m.seq > ? ORDER BY m.seq DESC LIMIT ?`;
    return this.#all(query, before, this.#progress.forgottenTo, limit).reverse();
  }

  #newer(after: number, limit: number): MessageRow[] {
    const from = Math.max(after, this.#progress.forgottenTo);
    return this.#all(`${SELECT} WHERE m.seq > ? ORDER BY m.seq LIMIT ?`, from, limit);
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

/** Written by `insert` alone, which typed them. */
export const attachmentsOf = ({ attachments }: Pick<MessageRow, "attachments">): Attachment[] =>
  attachments === null ? [] : (JSON.parse(attachments) as Attachment[]);

/** The message as it was first said; a deleted one has no words even here. */
export const toChatMessage = (row: MessageRow): ChatMessage => ({
  seq: row.seq,
  id: row.id,
  clientId: row.client_id,
  author: toAuthor(row),
  body: row.first_body ?? row.body,
  replyTo: row.reply_to,
  attachments: attachmentsOf(row),
  createdAt: new Date(row.created_at).toISOString(),
});

export const toMessage = (row: MessageRow, reactions: ReactionCount[]): Message => ({
  id: row.id,
  seq: row.seq,
  clientId: row.client_id,
  author: toAuthor(row),
  body: row.body,
  replyTo: row.reply_to,
  attachments: attachmentsOf(row),
  reactions,
  pinnedAt: instant(row.pinned_at),
  pinnedBy: row.pinned_by,
  editedAt: instant(row.edited_at),
  deletedAt: instant(row.deleted_at),
  createdAt: new Date(row.created_at).toISOString(),
});
