import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { root, run } from "./process.ts";

const folder = path.join(root, "migrations");

/** What is wrong with the migrations: a table that differs from its schema, or one that a migration would rebuild. */
export async function migrationFaults(): Promise<string[]> {
  return [...(await rebuilds()), ...(await missing())];
}

/** D1 cannot turn foreign keys off: dropping a table to rebuild it empties, by ON DELETE CASCADE, every table that points to it. */
async function rebuilds(): Promise<string[]> {
  const faults: string[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".sql"))) {
    const sql = await readFile(path.join(folder, name), "utf8");
    if (/\bDROP\s+TABLE\b|__new_/i.test(sql))
      faults.push(`${name} drops or rebuilds a table; see "A migration" in CONTRIBUTING.md`);
  }
  return faults;
}

/** Lets drizzle-kit write what is missing into a copy: nothing, when somebody ran `npm run db:generate`. */
async function missing(): Promise<string[]> {
  const copy = await mkdtemp(path.join(root, ".wrangler-migrations-"));
  try {
    await cp(folder, copy, { recursive: true });
    const before = new Set(await readdir(copy));
    const out = path.relative(root, copy);
    const { code, output } = await run("drizzle-kit", [
      "generate",
      "--dialect=sqlite",
      "--schema=./src/db/schema/*.ts",
      `--out=${out}`,
    ]);
    if (code !== 0) return [output];
    const added = (await readdir(copy)).filter((name) => !before.has(name));
    return added.map(() => "src/db/schema differs from the migrations: npm run db:generate");
  } finally {
    await rm(copy, { recursive: true });
  }
}
