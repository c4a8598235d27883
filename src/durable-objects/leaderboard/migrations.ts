/** Append-only. */
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

  // The order is (key, seq). On the board `key` is the negated score; 0 is nobody's rank, and of hidden people `key` is the score,
  // so that whatever is not shown sorts behind all that is.
  `DROP TABLE standings;
   CREATE TABLE seasons (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, ends_at INTEGER);
   CREATE TABLE people (
     n INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     version INTEGER NOT NULL,
     shown INTEGER NOT NULL,
     username TEXT NOT NULL,
     display_name TEXT NOT NULL,
     avatar_url TEXT
   );
   CREATE TABLE places (
     person INTEGER NOT NULL,
     season INTEGER NOT NULL,
     key INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     generation INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (person, season)
   ) WITHOUT ROWID;
   CREATE UNIQUE INDEX places_order ON places (season, key, seq);
   CREATE TABLE rebuilds (id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL);
   INSERT INTO rebuilds (id, generation) VALUES (1, 0);`,

  // When a rebuild last came on; null when none is under way.
  `ALTER TABLE rebuilds ADD COLUMN touched_at INTEGER;`,

  // Who somebody is, apart from what they are called: an update reads one small page of the former and none of the latter.
  `CREATE TABLE names (
     n INTEGER PRIMARY KEY,
     id TEXT NOT NULL,
     username TEXT NOT NULL,
     display_name TEXT NOT NULL,
     avatar_url TEXT
   );
   INSERT INTO names (n, id, username, display_name, avatar_url) SELECT n, id, username, display_name, avatar_url FROM people;
   CREATE TABLE known (
     id TEXT PRIMARY KEY,
     n INTEGER NOT NULL,
     version INTEGER NOT NULL,
     shown INTEGER NOT NULL
   ) WITHOUT ROWID;
   INSERT INTO known (id, n, version, shown) SELECT id, n, version, shown FROM people ORDER BY id;
   DROP TABLE people;
   ALTER TABLE known RENAME TO people;`,
];
