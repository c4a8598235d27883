import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { root, run } from "./process.ts";

/** Writes a measured table into a page (its path from the root), formatted as the rest of it. */
export async function keepTable(page: string, name: string, table: string): Promise<void> {
  const file = path.join(root, page);
  await writeFile(file, replaceTable(await readFile(file, "utf8"), name, table));
  await run("oxfmt", [file]);
}

/** Puts a measured table between the comments `<!-- name -->` and `<!-- /name -->` of a page, in place of the last one. */
export function replaceTable(page: string, name: string, table: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = page.indexOf(open);
  const end = page.indexOf(close);
  if (start === -1 || end < start) throw new Error(`The page has no place for ${name}.`);
  return `${page.slice(0, start + open.length)}\n\n${table.trim()}\n\n${page.slice(end)}`;
}
