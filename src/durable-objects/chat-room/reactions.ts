import type { ReactionCount } from "./protocol.ts";

type GroupRow = { message_seq: number; emoji: string; users: string };

/** Who reacted how to one message, in the order in which the kinds first appeared. */
export interface ReactionGroup {
  emoji: string;
  users: string[];
}

export class ReactionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The number of the event that added it, if it is there. */
  find(messageSeq: number, emoji: string, userId: string): number | undefined {
    const query = "SELECT seq FROM reactions WHERE message_seq = ? AND emoji = ? AND user_id = ?";
    return this.#sql.exec<{ seq: number }>(query, messageSeq, emoji, userId).toArray()[0]?.seq;
  }

  add(messageSeq: number, emoji: string, userId: string, seq: number): void {
    const query = "INSERT INTO reactions (message_seq, emoji, user_id, seq) VALUES (?, ?, ?, ?)";
    this.#sql.exec(query, messageSeq, emoji, userId, seq);
  }

  remove(messageSeq: number, emoji: string, userId: string): void {
    const query = "DELETE FROM reactions WHERE message_seq = ? AND emoji = ? AND user_id = ?";
    this.#sql.exec(query, messageSeq, emoji, userId);
  }

  on(messageSeq: number): ReactionGroup[] {
    return this.onEach([messageSeq]).get(messageSeq) ?? [];
  }

  onEach(messageSeqs: readonly number[]): Map<number, ReactionGroup[]> {
    const rows = this.#sql.exec<GroupRow>(
      `SELECT message_seq, emoji, json_group_array(user_id) AS users FROM reactions
       WHERE message_seq IN (SELECT value FROM json_each(?))
       GROUP BY message_seq, emoji ORDER BY message_seq, min(seq)`,
      JSON.stringify(messageSeqs),
    );
    const groups = new Map<number, ReactionGroup[]>();
    for (const { message_seq, emoji, users } of rows) {
      const group = { emoji, users: JSON.parse(users) as string[] };
      groups.set(message_seq, [...(groups.get(message_seq) ?? []), group]);
    }
    return groups;
  }
}

export const countFor = (groups: readonly ReactionGroup[], viewerId: string | undefined): ReactionCount[] =>
  groups.map(({ emoji, users }) => ({
    emoji,
    count: users.length,
    mine: viewerId !== undefined && users.includes(viewerId),
  }));
