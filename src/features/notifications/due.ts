import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import type { NotificationKind } from "../../db/schema/notifications.ts";
import type { Matter, Plan, Reason, Wishes } from "./planning.ts";
import { refusalOf, waiting } from "./planning.ts";
import type { WishRow } from "./recipients.ts";
import { wishColumns, wishesOf } from "./recipients.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;
type Outgoing = "email" | "push";

interface DueRow extends WishRow {
  id: string;
  userId: string;
  kind: NotificationKind;
  title: string;
  body: string;
  url: string;
  readAt: number | null;
  expiresAt: number | null;
  dueAt: number;
  attempts: number;
  reached: string;
  /** What it reminds of was done meanwhile. */
  settled: number;
}

/** A delivery whose time has come, and what is known of its recipient now. */
export interface Due extends Pick<DueRow, "id" | "userId" | "kind" | "title" | "body" | "url" | "dueAt" | "attempts"> {
  matter: Matter;
  wishes: Wishes;
  reached: string[];
  /** Read, done or over. */
  moot: Reason | null;
}

/** Deliveries of a channel with their notifications; `which` is a condition on `d` and `n`. */
export async function findDue(ctx: Ctx, channel: Outgoing, which: SQL): Promise<Due[]> {
  const rows = await ctx.db.all<DueRow>(sql`
    SELECT n.id AS id, n.user_id AS userId, n.kind AS kind, n.title AS title, n.body AS body, n.url AS url,
      n.read_at AS readAt, n.expires_at AS expiresAt, d.due_at AS dueAt, d.attempts AS attempts, d.reached AS reached,
      (n.kind = 'streak_at_risk' AND EXISTS (SELECT 1 FROM activity_days a WHERE a.user_id = n.user_id AND a.day >= n.data ->> 'day')) AS settled,
      ${wishColumns("n.kind")}
    FROM notification_deliveries d JOIN notifications n ON n.id = d.notification_id
    JOIN users u ON u.id = n.user_id LEFT JOIN notification_preferences p ON p.user_id = u.id
    WHERE d.channel = ${channel} AND ${which}
    ORDER BY d.due_at, n.id`);
  return rows.map((row) => toDue(row, ctx.clock.now()));
}

function toDue(row: DueRow, now: Date): Due {
  const expiresAt = row.expiresAt === null ? null : new Date(row.expiresAt);
  const over = row.settled === 1 || (expiresAt !== null && expiresAt <= now);
  const { id, userId, kind, title, body, url, dueAt, attempts } = row;
  return {
    id,
    userId,
    kind,
    title,
    body,
    url,
    dueAt,
    attempts,
    matter: { urgent: expiresAt !== null, expiresAt },
    wishes: wishesOf(row, kind),
    reached: JSON.parse(row.reached) as string[],
    moot: row.readAt === null ? (over ? "outdated" : null) : "seen",
  };
}

/** Why it must not go out now, or when it may; null when now is right. The wishes are those of this moment, not of when it was planned. */
export function heldBack(now: Date, channel: Outgoing, { moot, wishes, matter }: Due): Plan | null {
  const refusal = moot ?? refusalOf(channel, wishes);
  if (refusal !== null) return { channel, status: "suppressed", reason: refusal, dueAt: null, digest: false };
  const plan = waiting(channel, now, matter, wishes);
  return plan.reason === null ? null : plan;
}

/** Writes down what was decided of deliveries that are still due. */
export const writePlans = (ctx: Ctx, plans: readonly { id: string; plan: Plan }[]): Statement[] =>
  plans.length === 0
    ? []
    : [
        ctx.db.run(sql`
          UPDATE notification_deliveries AS d SET status = e.value ->> 'status', reason = e.value ->> 'reason',
            due_at = e.value ->> 'dueAt', leased_until = NULL, at = ${ctx.clock.now().getTime()}
          FROM json_each(${JSON.stringify(plans.map(({ id, plan }) => ({ id, ...plan, dueAt: plan.dueAt?.getTime() ?? null })))}) e
          WHERE d.notification_id = e.value ->> 'id' AND d.channel = e.value ->> 'channel' AND d.due_at IS NOT NULL`),
      ];
