export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE totals (
     family TEXT NOT NULL, labels TEXT NOT NULL, part TEXT NOT NULL, value REAL NOT NULL,
     PRIMARY KEY (family, labels, part)
   ) WITHOUT ROWID;
   CREATE TABLE levels (
     family TEXT NOT NULL, labels TEXT NOT NULL, source TEXT NOT NULL, value REAL NOT NULL,
     PRIMARY KEY (family, labels, source)
   ) WITHOUT ROWID;`,
];
