import { fold, type Span } from "./words.ts";

const MAX_WORDS = 5_000;

/** Where the work comes close to a term without having it: a slip of the pen. Null when nothing is near. */
export function nearMiss(term: string, spans: readonly Span[]): string | null {
  const wanted = fold(term.trim());
  const length = wanted.split(/\s+/).length;
  const allowed = Math.floor(Array.from(wanted).length / 4);
  if (allowed === 0) return null;
  let best: { text: string; distance: number } | null = null;
  let seen = 0;
  for (const { text, words } of spans) {
    for (let i = 0; i + length <= words.length; i += 1) {
      if ((seen += 1) > MAX_WORDS) return best?.text ?? null;
      const candidate = words.slice(i, i + length).join(" ");
      const distance = distanceOf(fold(candidate), wanted, Math.min(allowed, 2));
      // The words may stand apart by more than a space; only what can be quoted counts.
      if (distance !== null && distance < (best?.distance ?? Infinity) && text.includes(candidate))
        best = { text: candidate, distance };
    }
  }
  return best?.text ?? null;
}

/** Edits between two texts (optimal string alignment), null above `most`. */
export function distanceOf(a: string, b: string, most: number): number | null {
  const [from, to] = [Array.from(a), Array.from(b)];
  if (Math.abs(from.length - to.length) > most) return null;
  let [before, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      const edits = [(last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1)];
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        edits.push((before[j - 2] ?? 0) + 1);
      row.push(Math.min(...edits));
    }
    if (Math.min(...row) > most) return null;
    [before, last] = [last, row];
  }
  const distance = last[to.length] ?? 0;
  return distance <= most ? distance : null;
}
