/**
 * One sequence numbers everything that happened: messages keep their first number in `messages`, all else is in `events`.
 * `first_body` holds what was said before the first edit, so that a replay tells the story as it was.
 * `progress`: up to which number things are forgotten, gone from the disk, and in the index of words.
 * `tellings` are events on their way to the queue.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE room (id INTEGER PRIMARY KEY CHECK (id = 1), info TEXT NOT NULL);
   CREATE TABLE people (id TEXT PRIMARY KEY, username TEXT NOT NULL, avatar_url TEXT) WITHOUT ROWID;
   CREATE TABLE messages (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     author_id TEXT NOT NULL REFERENCES people (id),
     client_id TEXT NOT NULL,
     body TEXT,
     first_body TEXT,
     reply_to TEXT,
     created_at INTEGER NOT NULL,
     edited_at INTEGER,
     deleted_at INTEGER,
     UNIQUE (author_id, client_id)
   );
   CREATE INDEX messages_by_author ON messages (author_id, seq);
   CREATE TABLE reactions (
     message_seq INTEGER NOT NULL REFERENCES messages (seq),
     emoji TEXT NOT NULL,
     user_id TEXT NOT NULL,
     seq INTEGER NOT NULL,
     PRIMARY KEY (message_seq, emoji, user_id)
   ) WITHOUT ROWID;
   CREATE TABLE events (
     seq INTEGER PRIMARY KEY,
     type TEXT NOT NULL,
     message_seq INTEGER REFERENCES messages (seq),
     payload TEXT NOT NULL,
     key TEXT,
     created_at INTEGER NOT NULL
   );
   CREATE INDEX events_by_message ON events (message_seq) WHERE message_seq IS NOT NULL;
   CREATE UNIQUE INDEX events_by_key ON events (key) WHERE key IS NOT NULL;
   CREATE TABLE read_marks (user_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;`,
  `ALTER TABLE messages ADD COLUMN attachments TEXT;
   ALTER TABLE messages ADD COLUMN pinned_at INTEGER;
   ALTER TABLE messages ADD COLUMN pinned_by TEXT;
   CREATE INDEX messages_pinned ON messages (pinned_at) WHERE pinned_at IS NOT NULL;
   CREATE TABLE progress (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     forgotten_to INTEGER NOT NULL,
     swept_to INTEGER NOT NULL,
     indexed_to INTEGER NOT NULL
   );
   INSERT INTO progress VALUES (1, 0, 0, 0);
   CREATE VIRTUAL TABLE words USING fts5 (body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
   CREATE TABLE tellings (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;`,
];
