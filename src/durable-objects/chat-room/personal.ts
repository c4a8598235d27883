import type { Archive } from "./archive.ts";
import type { Person } from "./identity.ts";
import { attachmentsOf } from "./messages.ts";
import type { Attachment } from "./protocol.ts";

const MESSAGES_A_TIME = 1000;

export interface OwnMessage {
  id: string;
  seq: number;
  body: string | null;
  firstBody: string | null;
  replyTo: string | null;
  attachments: Attachment[];
  createdAt: string;
  editedAt: string | null;
  deletedAt: string | null;
}

/** What somebody wrote here after `after`, ascending by seq; `next` is where the next part begins, null at the end. */
export function messagesBy(
  { messages }: Archive,
  userId: string,
  after: number,
): { messages: OwnMessage[]; next: number | null } {
  const rows = messages.by(userId, after, MESSAGES_A_TIME);
  return {
    messages: rows.map((row) => ({
      id: row.id,
      seq: row.seq,
      body: row.body,
      firstBody: row.first_body,
      replyTo: row.reply_to,
      attachments: attachmentsOf(row),
      createdAt: new Date(row.created_at).toISOString(),
      editedAt: row.edited_at === null ? null : new Date(row.edited_at).toISOString(),
      deletedAt: row.deleted_at === null ? null : new Date(row.deleted_at).toISOString(),
    })),
    next: rows.length < MESSAGES_A_TIME ? null : (rows.at(-1)?.seq ?? null),
  };
}

/** Shows somebody by their new name wherever they are known; who never was here stays unknown. */
export function introduce({ messages }: Archive, person: Person): void {
  messages.disguise(person);
}

/** Gives somebody another look everywhere in the history, and forgets how far they had read. Their words stay. */
export function disguise({ storage, messages }: Archive, person: Person): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    messages.disguise(person);
    sql.exec("DELETE FROM read_marks WHERE user_id = ?", person.id);
    sql.exec(
      `UPDATE events SET payload = json_set(payload, '$.user.username', ?, '$.user.avatarUrl', ?)
       WHERE type = 'member_changed' AND payload ->> 'userId' = ? AND json_type(payload, '$.user') IS NOT NULL`,
      person.username,
      person.avatarUrl,
      person.id,
    );
  });
}
