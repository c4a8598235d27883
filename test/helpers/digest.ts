import { env } from "cloudflare:workers";

/** Tables that tell of requests themselves, refused ones included, and what works on its own in the background. */
const ASIDE = new Set(["audit_log", "login_failures", "factor_attempts", "idempotency_keys", "outbox", "cron_jobs"]);

let tables: string[] | undefined;

/** Every row of every other table, one a line. */
export async function digest(): Promise<string> {
  tables ??= (
    await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name NOT LIKE 'd1_%' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE '%_fts%'",
    ).all<{ name: string }>()
  ).results
    .map(({ name }) => name)
    .filter((name) => !ASIDE.has(name));
  const rows = await env.DB.batch(tables.map((name) => env.DB.prepare(`SELECT * FROM "${name}"`)));
  return rows
    .flatMap(({ results }, index) => results.map((row) => `${tables?.[index]} ${JSON.stringify(row)}`))
    .join("\n");
}
