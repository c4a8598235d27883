const MOST_MENTIONS = 20;
/** `@` where a word could begin, and then what a username can be; not the end of an address, nor a longer word. */
const MENTION = /(?<![\p{L}\p{N}_@.+-])@(?<username>[a-z0-9_]{3,30})(?![\p{L}\p{N}_@])/giu;

/** Whom a text mentions: usernames in lower case, each once, the first 20. Whether there are such people is not known here. */
export function mentionsIn(text: string): string[] {
  if (!text.includes("@")) return [];
  const names = new Set<string>();
  for (const { groups } of text.matchAll(MENTION)) {
    if (groups?.["username"] !== undefined) names.add(groups["username"].toLowerCase());
    if (names.size === MOST_MENTIONS) break;
  }
  return [...names];
}
