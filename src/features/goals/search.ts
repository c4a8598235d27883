import { wordsOf } from "../../platform/full-text.ts";

/** Facets as `goals_search` spells them: one word each, out of reach of what people type. */
export const facet = {
  explorable: "explore",
  owner: (id: string): string => `u${id.replaceAll("-", "")}`,
  status: (status: string): string => `s${status}`,
  category: (name: string): string => `c${hex(name)}`,
  tag: (name: string): string => `t${hex(name)}`,
};

const hex = (text: string): string => new TextEncoder().encode(text).toHex();

/** The whole MATCH expression; null when the query asks for words and has none, which nothing matches. */
export function matchOf(facets: readonly string[], query = ""): string | null {
  const all = `facets : (${facets.map((one) => `"${one}"`).join(" AND ")})`;
  if (query === "") return all;
  const words = wordsOf(query);
  return words === null ? null : `${all} AND body : (${words})`;
}
