import type { SQL } from "drizzle-orm";
import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { webhooks } from "../../db/schema/webhooks.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { outboundFault } from "../../platform/outbound.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { newWebhookSecret } from "../../platform/webhook-signature.ts";
import { audited } from "../audit/service.ts";
import { sealSecret } from "./secrets.ts";
import type { CreatedWebhook, NewWebhook, Webhook, WebhookChange } from "./schema.ts";

const WEBHOOKS = 50;

type Row = typeof webhooks.$inferSelect;

/** Newest first. */
export async function listWebhooks(ctx: ServiceContext, actor: UserActor, query: PageQuery): Promise<Paged<Webhook>> {
  requirePermission(actor, "webhooks:manage");
  const list = { name: "webhooks", filters: {} };
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await ctx.db
    .select()
    .from(webhooks)
    .where(after === null ? undefined : lt(webhooks.id, after))
    .orderBy(desc(webhooks.id))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, ({ id }) => id);
  return { ...paged, items: paged.items.map(toWebhook) };
}

export async function showWebhook(ctx: ServiceContext, actor: UserActor, id: string): Promise<Webhook> {
  requirePermission(actor, "webhooks:manage");
  const [row] = await ctx.db.select().from(webhooks).where(eq(webhooks.id, id));
  if (!row) throw notFound("webhook");
  return toWebhook(row);
}

/** The answer is the only place where the secret is ever shown. */
export async function createWebhook(ctx: ServiceContext, actor: UserActor, input: NewWebhook): Promise<CreatedWebhook> {
  requirePermission(actor, "webhooks:manage");
  mustBeReachable(ctx, input.url);
  const id = newId();
  const now = ctx.clock.now();
  const secret = newWebhookSecret();
  const sealed = await sealSecret(ctx, id, secret);
  const values = { id, ...input, secret: sealed, createdBy: actor.id, createdAt: now, updatedAt: now };
  try {
    const [, stored] = await commit(ctx, [
      ensure(ctx.db, sql`(SELECT count(*) FROM ${webhooks}) < ${WEBHOOKS}`),
      ctx.db.insert(webhooks).values(values).returning(),
      line(ctx, actor, "webhook.created", id, input),
    ]);
    return { ...onlyWebhook(stored), secret };
  } catch (error) {
    if (wasRefused(error)) throw new AppError("LIMIT_REACHED", `There are ${WEBHOOKS} webhooks already.`);
    throw error;
  }
}

/** Switching it on again forgets its failures. */
export async function changeWebhook(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  change: WebhookChange,
): Promise<Webhook> {
  requirePermission(actor, "webhooks:manage");
  const { url, events, active } = change;
  if (url !== undefined) mustBeReachable(ctx, url);
  const now = ctx.clock.now();
  const set = {
    updatedAt: now,
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events }),
    ...(active === true && { disabledAt: null, disabledReason: null, failures: 0, failingSince: null }),
    ...(active === false && {
      disabledAt: sql<Date>`COALESCE(${webhooks.disabledAt}, ${now.getTime()})`,
      disabledReason: sql<string>`COALESCE(${webhooks.disabledReason}, 'admin')`,
    }),
  };
  const [, stored] = await whereItExists(ctx, id, [
    ctx.db.update(webhooks).set(set).where(eq(webhooks.id, id)).returning(),
    line(ctx, actor, "webhook.changed", id, change),
  ]);
  return onlyWebhook(stored);
}

/** With its deliveries: what waits is not sent any more. */
export async function deleteWebhook(ctx: ServiceContext, actor: UserActor, id: string): Promise<void> {
  requirePermission(actor, "webhooks:manage");
  await whereItExists(ctx, id, [
    ctx.db.delete(webhooks).where(eq(webhooks.id, id)),
    line(ctx, actor, "webhook.deleted", id),
  ]);
}

const exists = (id: string): SQL => sql`EXISTS (SELECT 1 FROM ${webhooks} WHERE ${eq(webhooks.id, id)})`;

/** A batch for a webhook that is there; the results begin with that of the question. */
export async function whereItExists(
  ctx: ServiceContext,
  id: string,
  statements: Parameters<typeof commit>[1],
  messages: Parameters<typeof commit>[2] = [],
  condition?: SQL,
): Promise<unknown[]> {
  try {
    return await commit(ctx, [ensure(ctx.db, and(exists(id), condition) ?? exists(id)), ...statements], messages);
  } catch (error) {
    throw wasRefused(error) ? notFound("webhook") : error;
  }
}

function mustBeReachable({ config }: ServiceContext, url: string): void {
  const fault = outboundFault(url, { loopbackAllowed: config.ENVIRONMENT !== "production" });
  if (fault !== null)
    throw new AppError("TARGET_NOT_ALLOWED", "A webhook goes by https to a public address.", {
      details: { reason: fault },
    });
}

/** The host alone: paths and queries of webhooks often bear secrets. */
const line = (ctx: ServiceContext, actor: UserActor, action: string, id: string, change: WebhookChange = {}) => {
  const { url, ...rest } = change;
  const details = { ...(url !== undefined && { host: new URL(url).host }), ...rest };
  return audited(ctx, actor, { action, target: { type: "webhook", id }, details });
};

/** What a statement of the batch returned: the one webhook. */
export function onlyWebhook(stored: unknown): Webhook {
  const [row] = stored as Row[];
  if (!row) throw notFound("webhook");
  return toWebhook(row);
}

const toWebhook = (row: Row): Webhook => ({
  id: row.id,
  url: row.url,
  events: row.events,
  active: row.disabledAt === null,
  disabledReason: row.disabledReason as Webhook["disabledReason"],
  disabledAt: row.disabledAt?.toISOString() ?? null,
  failures: row.failures,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});
