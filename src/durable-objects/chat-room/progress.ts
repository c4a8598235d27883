type Columns = "forgotten_to" | "swept_to" | "indexed_to";

/** How far the chores of the room have come, each a seq. */
export class Progress {
  readonly #sql: SqlStorage;
  #at: Record<Columns, number>;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#at = sql.exec<Record<Columns, number>>("SELECT forgotten_to, swept_to, indexed_to FROM progress").one();
  }

  /** Up to here nobody sees anything any more. */
  get forgottenTo(): number {
    return this.#at.forgotten_to;
  }

  set forgottenTo(seq: number) {
    this.#write("forgotten_to", seq);
  }

  /** Up to here nothing is on the disk any more. */
  get sweptTo(): number {
    return this.#at.swept_to;
  }

  set sweptTo(seq: number) {
    this.#write("swept_to", seq);
  }

  /** Up to here words can be found. */
  get indexedTo(): number {
    return this.#at.indexed_to;
  }

  set indexedTo(seq: number) {
    this.#write("indexed_to", seq);
  }

  reset(): void {
    for (const column of ["forgotten_to", "swept_to", "indexed_to"] as const) this.#write(column, 0);
  }

  #write(column: Columns, seq: number): void {
    this.#sql.exec(`UPDATE progress SET ${column} = ?`, seq);
    this.#at = { ...this.#at, [column]: seq };
  }
}
