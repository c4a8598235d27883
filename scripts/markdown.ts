/** Puts a measured table between the comments `<!-- name -->` and `<!-- /name -->` of a page, in place of the last one. */
export function replaceTable(page: string, name: string, table: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = page.indexOf(open);
  const end = page.indexOf(close);
  if (start === -1 || end < start) throw new Error(`The page has no place for ${name}.`);
  return `${page.slice(0, start + open.length)}\n\n${table.trim()}\n\n${page.slice(end)}`;
}
