/**
 * Brings an object's SQLite to the newest schema. `migrations` is append-only: an entry that has been deployed is never edited.
 * The version lives in a table because `PRAGMA user_version` is not authorised in Durable Objects.
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly string[]): void {
  const { sql } = storage;
  sql.exec("CREATE TABLE IF NOT EXISTS _meta (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)");
  const applied = sql.exec<{ version: number }>("SELECT version FROM _meta").toArray()[0]?.version ?? 0;
  if (applied >= migrations.length) return;
  storage.transactionSync(() => {
    for (const migration of migrations.slice(applied)) sql.exec(migration);
    sql.exec(
      "INSERT INTO _meta (id, version) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version",
      migrations.length,
    );
  });
}
