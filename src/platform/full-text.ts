/** Scripts that put no space between words; each character with the marks that sit on it. */
const UNSPACED =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々〆]\\p{M}*";
const CHARACTERS = new RegExp(UNSPACED, "gu");
const RUNS = new RegExp(`(?:${UNSPACED})+|(?:(?!${UNSPACED})[\\p{L}\\p{N}\\p{M}])+`, "gu");
const MAX_TERMS = 16;

/** What of the texts is written without spaces, character by character, so that any part of it can be found as a phrase. */
export const ideographsOf = (...texts: string[]): string => texts.join(" ").match(CHARACTERS)?.join(" ") ?? "";

/**
 * The words of a query as an FTS5 expression: each begins a word, all must be there; null when there is no word in it.
 * Every term is quoted and holds letters, digits and marks alone, so nothing typed is ever an operator.
 */
export function wordsOf(query: string): string | null {
  const terms = (query.match(RUNS) ?? []).filter((run) => /[\p{L}\p{N}]/u.test(run)).slice(0, MAX_TERMS);
  return terms.length === 0 ? null : terms.map(termOf).join(" AND ");
}

function termOf(run: string): string {
  const characters = run.match(CHARACTERS);
  return characters ? `"${characters.join(" ")}"` : `"${run}"*`;
}
