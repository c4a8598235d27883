import { Column, SQL, is } from "drizzle-orm";
import { SQLiteD1Session } from "drizzle-orm/d1";

type Unrelated = Record<string, never>;
type Preparation = Parameters<SQLiteD1Session<Unrelated, Unrelated>["prepareQuery"]>;
type Fields = NonNullable<Preparation[1]>;

/**
 * Drizzle's session, for rows that come as objects: two columns of one name would fold into one there, and each value
 * after them go to the wrong field. Such a statement is refused when it is built, whatever it would find.
 */
export class NamedColumnsSession extends SQLiteD1Session<Unrelated, Unrelated> {
  override prepareQuery(...preparation: Preparation) {
    const [{ sql }, fields = []] = preparation;
    if (!proven.has(sql)) prove(sql, fields);
    return super.prepareQuery(...preparation);
  }
}

const MAX_PROVEN = 1_000;
const proven = new Set<string>();

/** Once a text and isolate: to look at every field of every query costs as much as to build it. */
function prove(sql: string, fields: Fields): void {
  if (!haveOwnNames(fields)) throw new Error(`Give each selected column a name of its own, with .as("…"): ${sql}`);
  if (proven.size >= MAX_PROVEN) proven.clear();
  proven.add(sql);
}

/** A lone column needs no name. SQLite names an expression that has none by its text, and objects put names like `7` first. */
const haveOwnNames = (fields: Fields): boolean => {
  const names = new Set(fields.map(({ field }) => nameOf(field)));
  return fields.length === 1 || (names.size === fields.length && ![...names].some((name) => /^\d*$/u.test(name)));
};

function nameOf(field: Fields[number]["field"]): string {
  if (is(field, Column)) return field.name;
  return is(field, SQL.Aliased) ? field.fieldAlias : "";
}
