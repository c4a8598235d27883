import { clock } from "../../platform/clock.ts";
import { seasonEnd, windowOf } from "../../platform/seasons.ts";
import { firstOf } from "./standings.ts";

export const DAY_MS = 86_400_000;
/** How long a season stays readable after its end. */
export const SEASON_KEPT_MS = 90 * DAY_MS;

interface SeasonRow extends Record<string, SqlStorageValue> {
  n: number;
  name: string;
}

/** The seasons of a board, each with the short number that its rows bear. */
export class Seasons {
  readonly #sql: SqlStorage;
  #numbers: Map<string, number> | undefined;
  #firstEnd: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  find(name: string): number | undefined {
    return this.#known().get(name);
  }

  /** The season's number, a new one if need be; undefined for a season that is over for longer than seasons are kept. */
  open(name: string): number | undefined {
    const known = this.find(name);
    if (known !== undefined) return known;
    if (windowOf(name) === undefined) throw new RangeError(`${name} is not a season`);
    const endsAt = seasonEnd(name)?.getTime() ?? null;
    if (endsAt !== null && endsAt + SEASON_KEPT_MS <= clock.now().getTime()) return undefined;
    const { n } = this.#sql
      .exec<{ n: number }>("INSERT INTO seasons (name, ends_at) VALUES (?, ?) RETURNING n", name, endsAt)
      .one();
    this.#known().set(name, n);
    this.#firstEnd = undefined;
    return n;
  }

  /** When the first season is due to be removed, in ms; Infinity when none is. */
  firstRemoval(): number {
    this.#firstEnd ??=
      this.#sql.exec<{ first: number | null }>("SELECT MIN(ends_at) AS first FROM seasons").one().first ?? Infinity;
    return this.#firstEnd + SEASON_KEPT_MS;
  }

  /** Some season that is due to be removed. */
  outdated(): SeasonRow | undefined {
    const before = clock.now().getTime() - SEASON_KEPT_MS;
    return firstOf(this.#sql.exec<SeasonRow>("SELECT n, name FROM seasons WHERE ends_at <= ? LIMIT 1", before));
  }

  remove(name: string): void {
    this.#sql.exec("DELETE FROM seasons WHERE name = ?", name);
    this.#known().delete(name);
    this.#firstEnd = undefined;
  }

  reread(): void {
    this.#numbers = undefined;
    this.#firstEnd = undefined;
  }

  #known(): Map<string, number> {
    this.#numbers ??= new Map(
      Array.from(this.#sql.exec<SeasonRow>("SELECT n, name FROM seasons"), ({ n, name }) => [name, n]),
    );
    return this.#numbers;
  }
}
