import type { Ranked } from "./protocol.ts";

export type Change = Ranked | { user: { id: string }; removed: true };

/**
 * What turns `old` into `current`, both in the order of the board: who is gone, then who is new or changed, in order.
 * To follow: take out everybody named, then put each change behind all entries whose rank is not lower than its own.
 * So within a tie everybody behind the first change is told again.
 */
export function differences(old: readonly Ranked[], current: readonly Ranked[]): Change[] {
  const oldPlaces = new Map(old.map((entry, place) => [entry.user.id, place]));
  const present = new Set(current.map(({ user }) => user.id));
  const removed = old
    .filter(({ user }) => !present.has(user.id))
    .map(({ user }) => ({ user: { id: user.id }, removed: true as const }));
  return [...removed, ...changed(old, oldPlaces, current)];
}

function changed(old: readonly Ranked[], oldPlaces: ReadonlyMap<string, number>, current: readonly Ranked[]): Ranked[] {
  let rank = 0;
  let lastPlace = -1;
  return current.filter((entry) => {
    if (entry.rank !== rank) lastPlace = -1;
    rank = entry.rank;
    const place = oldPlaces.get(entry.user.id) ?? -1;
    const before = old[place];
    const same = before !== undefined && place > lastPlace && isSame(before, entry);
    lastPlace = same ? place : Infinity;
    return !same;
  });
}

const isSame = (a: Ranked, b: Ranked): boolean =>
  a.rank === b.rank &&
  a.score === b.score &&
  a.user.username === b.user.username &&
  a.user.displayName === b.user.displayName &&
  a.user.avatarUrl === b.user.avatarUrl;
