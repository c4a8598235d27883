import type { BoardPerson, BoardUser } from "./protocol.ts";
import type { Was } from "./standings.ts";

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

/** `season` is null, and what follows it, where there is no row in any of the seasons. */
type KnownRow = { n: number; version: number; shown: number } & Was & { season: number };

/** Somebody whom the board knows, by the short number that their rows bear. */
export interface Known {
  n: number;
  version: number;
  shown: boolean;
  /** By season, of those that were asked for. */
  places: Map<number, Was>;
}

/** The people of a board: numbers in place of ids, their names, and whether they are shown. */
export class People {
  readonly #sql: SqlStorage;
  readonly #names = new Map<number, BoardUser>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Somebody and their rows in some seasons, in one read: of a submission most seasons turn out to be as new already. */
  find(id: string, seasons: readonly number[]): Known | undefined {
    const rows = this.#sql
      .exec<KnownRow>(
        `SELECT n, version, shown, season, key, seq, generation FROM people
         LEFT JOIN places ON person = n AND season IN (SELECT value FROM json_each(?)) WHERE id = ?`,
        JSON.stringify(seasons),
        id,
      )
      .toArray();
    const [first] = rows;
    if (first === undefined) return undefined;
    return {
      n: first.n,
      version: first.version,
      shown: first.shown === 1,
      places: new Map(rows.map((row) => [row.season, row])),
    };
  }

  /** Keeps what is newer than the known. `turned` when that shows or hides somebody who was known otherwise. */
  keep(person: BoardPerson, known: Known | undefined): { n: number; shown: boolean; turned: boolean } {
    if (known === undefined) return { n: this.#add(person), shown: person.shown, turned: false };
    const { n, shown } = known;
    if (person.version <= known.version) return { n, shown, turned: false };
    this.#change(n, person);
    return { n, shown: person.shown, turned: person.shown !== shown };
  }

  /** Leaves of somebody only that nothing may be kept of them: what is still under way must not bring them back. */
  forget(id: string): number {
    return this.keep({ ...NOBODY, id, version: FOREVER, shown: false }, this.find(id, [])).n;
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

  /** The number that the next newcomer would follow. */
  get last(): number {
    return this.#sql.exec<{ last: number }>("SELECT COALESCE(MAX(n), 0) AS last FROM names").one().last;
  }

  #add({ id, version, shown, username, displayName, avatarUrl }: BoardPerson): number {
    const { n } = this.#sql
      .exec<{ n: number }>(
        "INSERT INTO names (id, username, display_name, avatar_url) VALUES (?, ?, ?, ?) RETURNING n",
        id,
        username,
        displayName,
        avatarUrl,
      )
      .one();
    this.#sql.exec("INSERT INTO people (id, n, version, shown) VALUES (?, ?, ?, ?)", id, n, version, shown ? 1 : 0);
    return n;
  }

  #change(n: number, { id, version, shown, username, displayName, avatarUrl }: BoardPerson): void {
    this.#names.delete(n);
    this.#sql.exec("UPDATE people SET version = ?, shown = ? WHERE id = ?", version, shown ? 1 : 0, id);
    this.#sql.exec(
      "UPDATE names SET username = ?, display_name = ?, avatar_url = ? WHERE n = ?",
      username,
      displayName,
      avatarUrl,
      n,
    );
  }

  #read(numbers: readonly number[]): void {
    if (numbers.length === 0) return;
    const rows = this.#sql.exec<NameRow>(
      "SELECT n, id, username, display_name, avatar_url FROM names WHERE n IN (SELECT value FROM json_each(?))",
      JSON.stringify(numbers),
    );
    for (const { n, id, username, display_name, avatar_url } of rows)
      this.#names.set(n, { id, username, displayName: display_name, avatarUrl: avatar_url });
  }
}
