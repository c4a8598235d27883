/** Append-only. `key` is the negated score; a row with key 0 is off the board and stays only to remember its ledger sequence. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE standings (
     season TEXT NOT NULL,
     id TEXT NOT NULL,
     key INTEGER NOT NULL CHECK (key <= 0),
     seq INTEGER NOT NULL,
     ledger_seq INTEGER NOT NULL,
     PRIMARY KEY (season, id)
   ) WITHOUT ROWID;
   CREATE UNIQUE INDEX standings_order ON standings (season, key, seq) WHERE key <> 0;`,
];
