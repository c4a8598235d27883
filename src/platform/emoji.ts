/** One emoji as the Unicode standard recommends it, with the variation selector it needs; null for anything else. */
export function normalizeEmoji(text: string): string | null {
  const candidates = [text, `${text}\uFE0F`];
  return candidates.find((candidate) => /^\p{RGI_Emoji}$/v.test(candidate)) ?? null;
}
