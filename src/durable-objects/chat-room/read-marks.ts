import type { Progress } from "./progress.ts";

/** How far each person has read. A mark only moves forward. */
export class ReadMarks {
  readonly #sql: SqlStorage;
  readonly #progress: Progress;

  constructor(sql: SqlStorage, progress: Progress) {
    this.#sql = sql;
    this.#progress = progress;
  }

  of(userId: string): number {
    const query = "SELECT seq FROM read_marks WHERE user_id = ?";
    return this.#sql.exec<{ seq: number }>(query, userId).toArray()[0]?.seq ?? 0;
  }

  advance(userId: string, seq: number): void {
    this.#sql.exec(
      `INSERT INTO read_marks (user_id, seq) VALUES (?, ?)
       ON CONFLICT (user_id) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq`,
      userId,
      seq,
    );
  }

  /** Others' messages after one's mark, counted up to 1,000. */
  unread(userId: string): number {
    const query = `SELECT count(*) AS n FROM
      (SELECT 1 FROM messages WHERE seq > ? AND author_id <> ? AND deleted_at IS NULL LIMIT 1000)`;
    return this.#sql.exec<{ n: number }>(query, Math.max(this.of(userId), this.#progress.forgottenTo), userId).one().n;
  }
}
