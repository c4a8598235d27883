import { and, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { ensure, untilUndisturbed, wasRefused } from "../../db/guard.ts";
import { dashboardItems } from "../../db/schema/progress.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import type { Precondition } from "../goals/changes.ts";
import type { DashboardItem, DashboardItemPatch, ItemRow, NewDashboardItem } from "./schema.ts";
import { MAX_ITEMS, toItem } from "./schema.ts";

/** Pins something to one's own dashboard, which takes a hundred. */
export async function addItem(ctx: ServiceContext, actor: UserActor, input: NewDashboardItem): Promise<DashboardItem> {
  const now = ctx.clock.now();
  const row: ItemRow = { ...input, id: newId(), userId: actor.id, version: 1, createdAt: now, updatedAt: now };
  const room = sql`(SELECT count(*) FROM dashboard_items WHERE user_id = ${actor.id}) < ${MAX_ITEMS}`;
  try {
    await commit(ctx, [ensure(ctx.db, room), ctx.db.insert(dashboardItems).values(row)]);
  } catch (error) {
    throw wasRefused(error) ? new AppError("LIMIT_REACHED", `A dashboard takes ${MAX_ITEMS} items.`) : error;
  }
  return toItem(row);
}

export async function changeItem(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  patch: DashboardItemPatch,
  precondition: Precondition,
): Promise<DashboardItem> {
  return await untilUndisturbed(async () => {
    const row = await findItem(ctx, actor, id, precondition);
    const { title = row.title, content = row.content } = patch;
    const changes = { title, content, version: row.version + 1, updatedAt: ctx.clock.now() };
    const update = ctx.db.update(dashboardItems).set(changes).where(asRead(row));
    await write(ctx, update.returning({ id: dashboardItems.id }));
    return toItem({ ...row, ...changes });
  });
}

export async function removeItem(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  precondition: Precondition,
): Promise<void> {
  await untilUndisturbed(async () => {
    const row = await findItem(ctx, actor, id, precondition);
    await write(ctx, ctx.db.delete(dashboardItems).where(asRead(row)).returning({ id: dashboardItems.id }));
  });
}

async function findItem(
  ctx: ServiceContext,
  actor: UserActor,
  id: string,
  precondition: Precondition,
): Promise<ItemRow> {
  const [row] = await ctx.db
    .select()
    .from(dashboardItems)
    .where(and(eq(dashboardItems.id, id), eq(dashboardItems.userId, actor.id)));
  if (!row) throw notFound("dashboard item");
  await precondition(toItem(row));
  return row;
}

const asRead = (row: ItemRow) => and(eq(dashboardItems.id, row.id), eq(dashboardItems.version, row.version));

async function write(ctx: ServiceContext, statement: Parameters<typeof commit>[1][number]): Promise<void> {
  const [changed] = (await commit(ctx, [statement])) as [unknown[]];
  if (changed.length === 0)
    throw new AppError("CONFLICT", "The item was changed at the same moment; read it again and repeat your change.");
}
