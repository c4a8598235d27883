import { prefix } from "../feedback.ts";

export interface Span {
  text: string;
  words: string[];
}

const wordSegmenter = new Intl.Segmenter(undefined, { granularity: "word" });
const sentenceSegmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });

export const words = (text: string): string[] =>
  Array.from(wordSegmenter.segment(text))
    .filter((segment) => segment.isWordLike === true)
    .map((segment) => segment.segment);

/** Sentences as they stand in the text, without the white space around them; line ends of lists count as ends. */
export const sentences = (text: string): Span[] =>
  Array.from(sentenceSegmenter.segment(text))
    .flatMap((segment) => segment.segment.split(/\n\s*(?=[-*#\n])|\n\s*\n/))
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => ({ text: part, words: words(part) }))
    .filter((span) => span.words.length > 0);

export const paragraphs = (text: string): string[] => text.split(/\n\s*\n/).filter((part) => part.trim() !== "");

/** Case and accents away, so that "Résumé" and "resume" are one word. */
export const fold = (word: string): string => word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const COMMON = new Set(
  (
    "about after also and any are because been before being between both but can could does each enough explain explains first for from good has have how " +
    "into its just learner like made make many more most much must not only other out over own shows should some such text than that the their them then there these they " +
    "this those through under use used uses using very was well were what when where which while who why will with without work would you your"
  ).split(" "),
);

/** Words that carry meaning: long enough, or of a script where one or two signs are a word. */
export const isTelling = (folded: string): boolean =>
  !COMMON.has(folded) &&
  (/^[^]{4}/u.test(folded) ||
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(folded));

/** The telling words of a text, each once, in the order they first occur. */
export const tellingWords = (text: string): string[] => [...new Set(words(text).map(fold).filter(isTelling))];

/** True for words of one family: "example" and "examples", "structure" and "structured". */
export function related(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return (
    short.length >= 4 &&
    long.length - short.length <= 4 &&
    long.startsWith(short.length >= 6 ? short.slice(0, -1) : short)
  );
}

/** The start of a span, short enough to quote, cut between words where there is white space to cut at. */
export function excerpt(text: string, max = 160): string {
  const trimmed = text.trim();
  if (trimmed.length <= max) return trimmed;
  const start = prefix(trimmed, max);
  return start.replace(/\s+\S*$/, "").trim() || start;
}
