/** The name of the one object that keeps the board of a scope (`global`, `category:<name>`, `goal:<id>`). */
export const boardName = (scope: string): string => scope.normalize("NFC");

/** Somebody as others see them on a board. */
export interface BoardUser {
  id: string;
  username: string;
  displayName: string;
  avatarUrl: string | null;
}

/** The person as of `version` (any growing number, such as when the row last changed); who is not `shown` ranks for themselves only. */
export interface BoardPerson extends BoardUser {
  shown: boolean;
  version: number;
}

/** An absolute total and the last ledger row in it: what is not newer than what the board knows changes nothing. */
export interface Total {
  season: string;
  score: number;
  seq: number;
}

export interface BoardEntry {
  person: BoardPerson;
  totals: Total[];
}

export interface BoardCursor {
  score: number;
  seq: number;
}

export interface Ranked {
  rank: number;
  user: BoardUser;
  score: number;
}

/** A season as it ended; `scores` are pairs of a score and how many people had it, best first. */
export interface SeasonFinals {
  season: string;
  entries: Ranked[];
  scores: number[][];
}

/** `after` continues behind the last entry of a page; `offset` starts at a place (from 0) instead. */
export interface PageRequest {
  season: string;
  limit: number;
  after?: BoardCursor;
  offset?: number;
}

export interface BoardPage {
  total: number;
  entries: Ranked[];
  next: BoardCursor | null;
}

/** `own`: asked by the person themselves, who see their rank even when nobody else does. */
export interface StandingRequest {
  season: string;
  userId: string;
  around: number;
  own?: boolean;
}

/** `rank` is null and `neighbours` empty for somebody who is not on the board. `neighbours` includes oneself. */
export interface Standing {
  rank: number | null;
  score: number;
  total: number;
  neighbours: Ranked[];
}

export interface SubsetRequest {
  season: string;
  userIds: readonly string[];
}
