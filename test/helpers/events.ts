import { env } from "cloudflare:workers";

/** Keeps a copy of every event that is told from now on; the outbox itself forgets what is done. */
export async function recordEvents(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("CREATE TABLE IF NOT EXISTS recorded_events (message TEXT NOT NULL)"),
    env.DB.prepare(
      "CREATE TRIGGER IF NOT EXISTS record_events AFTER INSERT ON outbox WHEN NEW.queue = 'events' BEGIN INSERT INTO recorded_events VALUES (NEW.message); END",
    ),
  ]);
}

/** The events of these types about somebody, oldest first. */
export async function eventsAbout(userId: string, ...types: string[]): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare("SELECT message FROM recorded_events ORDER BY rowid").all<{
    message: string;
  }>();
  return results
    .map(({ message }) => JSON.parse(message) as Record<string, unknown>)
    .filter((event) => event["userId"] === userId && types.includes(String(event["type"])));
}
