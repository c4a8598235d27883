/** The name of the one object that keeps the board of a scope (`global`, `category:<name>`, `goal:<id>`). */
export const boardName = (scope: string): string => scope.normalize("NFC");

/** Somebody's absolute totals as of ledger sequence `seq`. What is not newer than what the board knows changes nothing. */
export interface BoardEntry {
  userId: string;
  seq: number;
  scores: { season: string; score: number }[];
}

export interface BoardCursor {
  score: number;
  seq: number;
}

export interface Ranked {
  rank: number;
  userId: string;
  score: number;
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

export interface StandingRequest {
  season: string;
  userId: string;
  around: number;
}

/** `rank` is null and `neighbours` empty for somebody who is not on the board. `neighbours` includes oneself. */
export interface Standing {
  rank: number | null;
  score: number;
  total: number;
  neighbours: Ranked[];
}
