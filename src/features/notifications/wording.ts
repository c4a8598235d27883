import { languageOf } from "../mails/letter.ts";
import { de } from "./words/de.ts";
import type { WordKey, Words } from "./words/en.ts";
import { en } from "./words/en.ts";
import { es } from "./words/es.ts";
import { fr } from "./words/fr.ts";

/** Of the same languages as mails. */
export const WORDS: Readonly<Record<string, Words>> = { en, de, es, fr };

const TITLE_LENGTH = 120;
const BODY_LENGTH = 300;

/** What a notification says, in the language of its reader. Values are cut so that it still fits a push. */
export function wordsFor(
  locale: string,
  key: WordKey,
  values: Readonly<Record<string, string | number>>,
): { title: string; body: string } {
  const { title, body } = (WORDS[languageOf(locale)] ?? en)[key];
  return { title: cut(fill(title, values), TITLE_LENGTH), body: cut(fill(body, values), BODY_LENGTH) };
}

/** One pass, so that a value which looks like a placeholder stays what it is. */
const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replaceAll(/\{(?<key>\w+)\}/gu, (placeholder, key: string) =>
    Object.hasOwn(values, key) ? String(values[key]) : placeholder,
  );

function cut(text: string, length: number): string {
  const points = Array.from(text);
  return points.length <= length ? text : `${points.slice(0, length - 1).join("")}…`;
}
