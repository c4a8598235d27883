import type { BoardPerson, BoardUser } from "./protocol.ts";
import { firstOf } from "./standings.ts";

const NAMES_IN_MEMORY = 4096;
/** Newer than anything that is said of somebody later. */
const FOREVER = Number.MAX_SAFE_INTEGER;
const NOBODY: Omit<BoardUser, "id"> = { username: "", displayName: "", avatarUrl: null };

interface NameRow extends Record<string, SqlStorageValue> {
  n: number;
  id: string;
  username: string;
  display_name: string;
  avatar_url: string | null;
}

/** Somebody whom the board knows, by the short number that their rows bear. */
export interface Known {
  n: number;
  shown: boolean;
}

/** The people of a board: numbers in place of ids, their names, and whether they are shown. */
export class People {
  readonly #sql: SqlStorage;
  readonly #names = new Map<number, BoardUser>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keeps what is newer than the known. `turned` when that shows or hides somebody who was known otherwise. */
  keep(person: BoardPerson): Known & { turned: boolean } {
    const { id, version, shown } = person;
    const known = firstOf(this.#sql.exec("SELECT n, version, shown FROM people WHERE id = ?", id));
    if (known === undefined) return { n: this.#add(person), shown, turned: false };
    const [n, knownVersion, knownShown] = known.map(Number);
    const wasShown = knownShown === 1;
    if (n === undefined || knownVersion === undefined || version <= knownVersion)
      return { n: Number(n), shown: wasShown, turned: false };
    this.#change(n, person);
    return { n, shown, turned: shown !== wasShown };
  }

  /** Leaves of somebody only that nothing may be kept of them: what is still under way must not bring them back. */
  forget(id: string): Known {
    return this.keep({ ...NOBODY, id, version: FOREVER, shown: false });
  }

  named(numbers: readonly number[]): (n: number) => BoardUser {
    const missing = numbers.filter((n) => !this.#names.has(n));
    if (this.#names.size + missing.length > NAMES_IN_MEMORY) this.#names.clear();
    this.#read(this.#names.size === 0 ? numbers : missing);
    return (n) => this.#names.get(n) ?? { ...NOBODY, id: "" };
  }

  /** After a rollback memory may know more than the rows. */
  reread(): void {
    this.#names.clear();
  }

  #add({ id, version, shown, username, displayName, avatarUrl }: BoardPerson): number {
    const row = firstOf(
      this.#sql.exec(
        "INSERT INTO people (id, version, shown, username, display_name, avatar_url) VALUES (?, ?, ?, ?, ?, ?) RETURNING n",
        id,
        version,
        shown ? 1 : 0,
        username,
        displayName,
        avatarUrl,
      ),
    );
    return Number(row?.[0]);
  }

  #change(n: number, { version, shown, username, displayName, avatarUrl }: BoardPerson): void {
    this.#names.delete(n);
    this.#sql.exec(
      "UPDATE people SET version = ?, shown = ?, username = ?, display_name = ?, avatar_url = ? WHERE n = ?",
      version,
      shown ? 1 : 0,
      username,
      displayName,
      avatarUrl,
      n,
    );
  }

  #read(numbers: readonly number[]): void {
    if (numbers.length === 0) return;
    const rows = this.#sql.exec<NameRow>(
      "SELECT n, id, username, display_name, avatar_url FROM people WHERE n IN (SELECT value FROM json_each(?))",
      JSON.stringify(numbers),
    );
    for (const { n, id, username, display_name, avatar_url } of rows)
      this.#names.set(n, { id, username, displayName: display_name, avatarUrl: avatar_url });
  }
}
