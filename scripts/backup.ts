import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { root, run } from "./process.ts";

/** Which database: that of the cloud, or the local one under the folder that a wrangler.toml stands in. */
export interface Place {
  remote: boolean;
  folder: string;
}

/** What is worth nothing a day later or was never meant to leave the machine, and (last) what triggers fill again. */
const LEFT_OUT = new Set(
  "d1_migrations idempotency_keys socket_tickets leaderboard_tickets notification_tickets mailbox goal_documents".split(
    " ",
  ),
);
/** D1 refuses a longer statement. */
const MAX_STATEMENT_BYTES = 100_000;

/**
 * Writes every row that matters into `file` as SQL and returns the tables it took. `wrangler d1 export` refuses a database
 * with full-text tables unless it is told which others to take; the triggers of the migrations fill those again on restore.
 */
export async function backup(place: Place, file: string): Promise<string[]> {
  const tables = (await tablesOf(place)).filter((name) => !LEFT_OUT.has(name));
  const chosen = tables.flatMap((name) => ["--table", name]);
  await d1(place, "export", "--no-schema", ...chosen, "--output", file);
  const tooLong = (await readFile(file, "utf8")).split("\n").find((line) => line.length > MAX_STATEMENT_BYTES);
  if (tooLong) throw new Error(`A row is too long to be restored: ${tooLong.slice(0, 120)}…`);
  return tables;
}

/** Puts a backup into a database without people: tables by the migrations, then the rows. */
export async function restore(place: Place, file: string): Promise<void> {
  await d1(place, "migrations", "apply");
  const [someone] = await query(place, "SELECT count(*) AS people FROM users");
  if (someone?.["people"] !== 0) throw new Error("This database has people in it; restore into a new one.");
  await d1(place, "execute", "--yes", "--file", file);
}

/** Tables with rows of their own: no full-text index, none of its shadows, none of SQLite's or D1's. */
async function tablesOf(place: Place): Promise<string[]> {
  const all = await query(
    place,
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE '~_cf~_%' ESCAPE '~' ORDER BY rowid",
  );
  const virtual = all.filter(({ sql }) => /^CREATE VIRTUAL TABLE/i.test(String(sql))).map(({ name }) => String(name));
  const isShadow = (name: string) => virtual.some((index) => name === index || name.startsWith(`${index}_`));
  return all.map(({ name }) => String(name)).filter((name) => !isShadow(name));
}

async function query(place: Place, sql: string): Promise<Record<string, unknown>[]> {
  const output = await d1(place, "execute", "--json", "--command", sql);
  const [answer] = JSON.parse(output.slice(output.indexOf("["))) as { results: Record<string, unknown>[] }[];
  return answer?.results ?? [];
}

async function d1({ remote, folder }: Place, ...[verb = "", ...args]: string[]): Promise<string> {
  const verbs = verb === "migrations" ? ["migrations", ...args.splice(0, 1)] : [verb];
  const where = remote ? ["--remote", "--env", "production"] : ["--local", "--env="];
  const { code, output } = await run("wrangler", ["d1", ...verbs, "DB", ...where, ...args], { cwd: folder });
  if (code !== 0) throw new Error(output);
  return output;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { remote: { type: "boolean" } } });
  const [verb, name = `guildhall-${new Date().toISOString().slice(0, 10)}.sql`] = positionals;
  const place = { remote: values.remote ?? false, folder: root };
  const file = path.resolve(name);
  try {
    if (verb === "restore") await restore(place, file);
    else console.log(`${(await backup(place, file)).length} tables`);
    console.log(`${verb === "restore" ? "restored from" : "kept in"} ${file}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
