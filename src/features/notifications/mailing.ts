import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import type { OutboxMessage } from "../../events/outbox.ts";
import { commit } from "../../events/outbox.ts";
import { mailWhose } from "../mails/links.ts";
import type { Due } from "./due.ts";
import { findDue, heldBack, writePlans } from "./due.ts";
import type { Plan } from "./planning.ts";

const MAILS_AT_ONCE = 40;
const DIGESTS_AT_ONCE = 20;
const MAX_PAGES = 25;
const LINES = 30;

interface Order {
  statements: Statement[];
  message: OutboxMessage;
}

/** Orders the mails whose time has come, those that still say something new. Twice at once orders each once. Returns how many. */
export async function mailNotifications(ctx: ServiceContext): Promise<{ mails: number; digests: number }> {
  const mails = await inPages(() => mailSingles(ctx));
  const digests = await inPages(() => mailDigests(ctx));
  return { mails, digests };
}

/** Until a page finds nothing left that is due. */
async function inPages(work: () => Promise<{ found: number; sent: number }>): Promise<number> {
  let total = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { found, sent } = await work();
    total += sent;
    if (found === 0) break;
  }
  return total;
}

async function mailSingles(ctx: ServiceContext): Promise<{ found: number; sent: number }> {
  const now = ctx.clock.now();
  const page = sql`d.digest = 0 AND d.due_at <= ${now.getTime()}
    AND d.notification_id IN (SELECT notification_id FROM notification_deliveries
      WHERE channel = 'email' AND due_at <= ${now.getTime()} AND digest = 0 ORDER BY due_at LIMIT ${MAILS_AT_ONCE})`;
  const { held, ready } = sorted(now, await findDue(ctx, "email", page));
  const orders = await Promise.all(ready.map((due) => orderSingle(ctx, due)));
  await write(ctx, held, orders);
  return { found: held.length + ready.length, sent: ready.length };
}

async function orderSingle(ctx: ServiceContext, { id, userId, kind, title, body, url }: Due): Promise<Order> {
  const mailKey = `notification:${id}`;
  const data = { title, body, url, kind };
  return await orderMail(ctx, { userId, template: "notification", mailKey, data, ids: [id] });
}

/** One mail a person; whoever has more waiting than fit into it gets the rest with a number. */
async function mailDigests(ctx: ServiceContext): Promise<{ found: number; sent: number }> {
  const now = ctx.clock.now();
  const people = sql`d.digest = 1 AND d.due_at <= ${now.getTime()}
    AND n.user_id IN (SELECT DISTINCT n2.user_id FROM notification_deliveries d2 JOIN notifications n2 ON n2.id = d2.notification_id
      WHERE d2.channel = 'email' AND d2.digest = 1 AND d2.due_at <= ${now.getTime()} LIMIT ${DIGESTS_AT_ONCE})`;
  const { held, ready } = sorted(now, await findDue(ctx, "email", people));
  const orders = await Promise.all(
    [...Map.groupBy(ready, ({ userId }) => userId).values()].map((all) => orderDigest(ctx, all)),
  );
  await write(ctx, held, orders);
  return { found: held.length + ready.length, sent: orders.length };
}

async function orderDigest(ctx: ServiceContext, all: readonly Due[]): Promise<Order> {
  const [first] = all;
  const more = all.length - LINES;
  const lines = all.slice(0, LINES).map(({ title, body }) => `• ${title}: ${body}`);
  return await orderMail(ctx, {
    userId: first?.userId ?? "",
    template: "digest",
    mailKey: `digest:${first?.userId}:${first?.dueAt}:${first?.id}`,
    data: { lines: [...lines, ...(more > 0 ? [`+ ${more}`] : [])].join("\n") },
    ids: all.map(({ id }) => id),
  });
}

interface MailOrder {
  userId: string;
  template: "notification" | "digest";
  mailKey: string;
  data: Record<string, string>;
  ids: readonly string[];
}

/** The mail is written only if one of the deliveries is still due when the batch runs: who reads in that moment is not mailed. */
async function orderMail(ctx: ServiceContext, { userId, template, mailKey, data, ids }: MailOrder): Promise<Order> {
  const list = JSON.stringify(ids);
  const now = ctx.clock.now().getTime();
  const still = sql`channel = 'email' AND due_at <= ${now} AND notification_id IN (SELECT value FROM json_each(${list}))`;
  const who = sql`users.id = ${userId} AND EXISTS (SELECT 1 FROM notification_deliveries WHERE ${still})`;
  const { statements, message } = await mailWhose(ctx, { who, template, dedupeKey: mailKey, data });
  const carried = ctx.db.run(sql`
    UPDATE notification_deliveries SET mail_key = ${mailKey}, due_at = NULL, reason = NULL, at = ${now} WHERE ${still}`);
  return { statements: [...statements, carried], message };
}

function sorted(now: Date, found: readonly Due[]): { held: { id: string; plan: Plan }[]; ready: Due[] } {
  const held: { id: string; plan: Plan }[] = [];
  const ready: Due[] = [];
  for (const due of found) {
    const plan = heldBack(now, "email", due);
    if (plan === null) ready.push(due);
    else held.push({ id: due.id, plan });
  }
  return { held, ready };
}

async function write(ctx: ServiceContext, held: { id: string; plan: Plan }[], orders: readonly Order[]): Promise<void> {
  const statements = [...writePlans(ctx, held), ...orders.flatMap((order) => order.statements)];
  if (statements.length === 0) return;
  await commit(
    ctx,
    statements,
    orders.map(({ message }) => message),
  );
}
