import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { backup, restore } from "../../scripts/backup.ts";
import { root, run } from "../../scripts/process.ts";

let folder: string;
const place = (name: string) => ({ remote: false, folder: path.join(folder, name) });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "guildhall-backup-"));
  for (const name of ["old", "fresh"]) {
    await cp(path.join(root, "wrangler.toml"), path.join(folder, name, "wrangler.toml"), { recursive: true });
    await cp(path.join(root, "migrations"), path.join(folder, name, "migrations"), { recursive: true });
  }
});

afterAll(() => rm(folder, { recursive: true }));

it("restores every row into a fresh database, and full-text search finds it again", async () => {
  const dump = path.join(folder, "dump.sql");
  await wrangler("old", "migrations", "apply", "DB");
  await wrangler("old", "execute", "DB", "--command", PEOPLE);

  const tables = await backup(place("old"), dump);
  expect(tables).toContain("users");
  expect(tables.filter((name) => /fts|_config$|_docsize$|^sqlite_/u.test(name))).toEqual([]);
  await restore(place("fresh"), dump);

  const [old, fresh] = [await digest("old", tables), await digest("fresh", tables)];
  expect(old.rows).toBeGreaterThan(2);
  expect(fresh).toEqual(old);
  expect(await found("fresh", "SELECT count(*) AS n FROM goals_search WHERE goals_search MATCH 'espanol'")).toBe(1);
  await expect(restore(place("fresh"), dump)).rejects.toThrow("people");
});

const PEOPLE = `
  INSERT INTO users (id, email, username, display_name, privacy, referral_code, referred_by, created_at, updated_at)
  VALUES ('u1', 'a@example.org', 'a', 'Zoë ''the'' guide', '{}', 'A', NULL, 1, 1), ('u2', 'b@example.org', 'b', 'B', '{}', 'B', 'u1', 1, 1);
  INSERT INTO goals (id, owner_id, title, description, visibility, created_at, updated_at)
  VALUES ('g1', 'u2', 'Aprender español', 'line' || char(10) || 'break', 'public', 1, 1);`;

async function wrangler(name: string, ...args: string[]): Promise<void> {
  const { code, output } = await run("wrangler", ["d1", ...args, "--local", "--env="], { cwd: place(name).folder });
  if (code !== 0) throw new Error(output);
}

async function found(name: string, sql: string): Promise<unknown> {
  const args = ["d1", "execute", "DB", "--local", "--env=", "--json", "--command", sql];
  const { output } = await run("wrangler", args, { cwd: place(name).folder });
  return JSON.parse(output.slice(output.indexOf("[")))[0].results[0].n;
}

/** What the tables hold, whatever the order of their rows. */
async function digest(name: string, tables: string[]) {
  const state = path.join(place(name).folder, ".wrangler/state/v3/d1/miniflare-D1DatabaseObject");
  const file = (await readdir(state)).find((entry) => entry.endsWith(".sqlite") && entry !== "metadata.sqlite") ?? "";
  const database = new DatabaseSync(path.join(state, file), { readOnly: true });
  const rows = tables.flatMap((table) =>
    database
      .prepare(`SELECT * FROM "${table}"`)
      .all()
      .map((row) => `${table} ${JSON.stringify(row)}`),
  );
  database.close();
  return { rows: rows.length, digest: createHash("sha256").update(rows.sort().join("\n")).digest("hex") };
}
