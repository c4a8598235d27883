import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import { batch } from "../../db/client.ts";
import type { Digest, NotificationKind } from "../../db/schema/notifications.ts";
import { NOTIFICATION_KINDS } from "../../db/schema/notifications.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { optInTo, selectOptOuts } from "../mails/suppressions.ts";
import type { StoredChannels } from "./recipients.ts";
import { choiceOf } from "./recipients.ts";
import type { Preferences, PreferencesChange } from "./schema.ts";

type Ctx = Pick<ServiceContext, "db" | "clock" | "riders" | "relayLater">;

interface Row {
  channels: string;
  quietFrom: string | null;
  quietTo: string | null;
  digest: Digest;
}

/** With what the unsubscribe links of mails stopped. */
export async function showPreferences(ctx: Pick<Ctx, "db">, actor: UserActor): Promise<Preferences> {
  return toPreferences(await batch(ctx.db, selections(ctx, actor.id)));
}

/**
 * Changes what is named and nothing else, so that two tabs do not undo each other. Turning mail on for a kind also takes
 * back what an unsubscribe link said of it.
 */
export async function changePreferences(ctx: Ctx, actor: UserActor, change: PreferencesChange): Promise<Preferences> {
  const { channels = {}, quietHours, digest } = change;
  const now = ctx.clock.now();
  const mailed = NOTIFICATION_KINDS.filter((kind) => channels[kind]?.email === true);
  const upsert = ctx.db.run(sql`
    INSERT INTO notification_preferences (user_id, channels, quiet_from, quiet_to, digest, updated_at)
    VALUES (${actor.id}, ${JSON.stringify(channels)}, ${quietHours?.from ?? null}, ${quietHours?.to ?? null}, ${digest ?? "off"}, ${now.getTime()})
    ON CONFLICT (user_id) DO UPDATE SET channels = json_patch(channels, excluded.channels), updated_at = excluded.updated_at
      ${quietHours === undefined ? sql`` : sql`, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to`}
      ${digest === undefined ? sql`` : sql`, digest = excluded.digest`}`);
  const changes = [upsert, ...optInTo(ctx, actor.id, mailed, NOTIFICATION_KINDS)];
  const results = await commit(ctx, [...changes, ...selections(ctx, actor.id)]);
  return toPreferences(results.slice(changes.length));
}

const selections = ({ db }: Pick<Ctx, "db">, userId: string): Statement[] => [
  db.all(
    sql`SELECT channels, quiet_from AS quietFrom, quiet_to AS quietTo, digest FROM notification_preferences WHERE user_id = ${userId}`,
  ),
  selectOptOuts({ db }, userId),
];

/** From the results of `selections`. */
function toPreferences(results: unknown[]): Preferences {
  const [rows, optOuts] = results as [Row[], { kind: string | null }[]];
  const [row] = rows;
  const stored = JSON.parse(row?.channels ?? "{}") as StoredChannels;
  const stopped = (kind: NotificationKind) => optOuts.some((one) => one.kind === null || one.kind === kind);
  const channels = Object.fromEntries(
    NOTIFICATION_KINDS.map((kind) => {
      const choice = choiceOf(stored, kind);
      return [kind, { ...choice, email: choice.email && !stopped(kind) }];
    }),
  ) as Preferences["channels"];
  const { quietFrom = null, quietTo = null } = row ?? {};
  return {
    channels,
    quietHours: quietFrom !== null && quietTo !== null ? { from: quietFrom, to: quietTo } : null,
    digest: row?.digest ?? "off",
  };
}
