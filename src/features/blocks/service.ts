import { and, desc, eq, isNull, lt } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { blocks } from "../../db/schema/blocks.ts";
import { users } from "../../db/schema/users.ts";
import { commit, event } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import type { Block } from "./schema.ts";
import { shownName } from "../users/schema.ts";

/** From now on neither meets the other's work or messages unasked. Blocking again changes nothing, and the other is not told. */
export async function block(ctx: ServiceContext, actor: UserActor, username: string): Promise<void> {
  const other = await findUser(ctx, username);
  if (other.id === actor.id) throw new AppError("NOT_YOURSELF", "You cannot block yourself.");
  await commit(
    ctx,
    [
      ctx.db
        .insert(blocks)
        .values({ blockerId: actor.id, blockedId: other.id, createdAt: ctx.clock.now() })
        .onConflictDoNothing(),
    ],
    [event({ type: "user.blocked", blockerId: actor.id, blockedId: other.id })],
  );
}

export async function unblock(ctx: ServiceContext, actor: UserActor, username: string): Promise<void> {
  const other = await findUser(ctx, username);
  await commit(ctx, [ctx.db.delete(blocks).where(and(eq(blocks.blockerId, actor.id), eq(blocks.blockedId, other.id)))]);
}

/** Whom I have blocked, by when they joined, newest first. */
export async function listBlocks(
  ctx: Pick<ServiceContext, "db" | "config">,
  actor: UserActor,
  query: PageQuery,
): Promise<Paged<Block>> {
  const list = { name: "blocks", filters: { userId: actor.id } };
  const { after, offset } = await startOf(ctx, list, query);
  const rows = await ctx.db
    .select({
      blockedAt: blocks.createdAt,
      id: users.id,
      username: users.username,
      displayName: shownName,
      avatarUrl: users.avatarUrl,
    })
    .from(blocks)
    .innerJoin(users, eq(users.id, blocks.blockedId))
    .where(and(eq(blocks.blockerId, actor.id), after === null ? undefined : lt(blocks.blockedId, after)))
    .orderBy(desc(blocks.blockedId))
    .limit(query.limit + 1)
    .offset(offset);
  const paged = await toPage(ctx, list, query, rows, (row) => row.id);
  return {
    ...paged,
    items: paged.items.map(({ blockedAt, ...user }) => ({ user, createdAt: blockedAt.toISOString() })),
  };
}

async function findUser(ctx: Pick<ServiceContext, "db">, username: string): Promise<{ id: string }> {
  const [user] = await ctx.db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.username, username), isNull(users.deletedAt)));
  if (!user) throw notFound("user");
  return user;
}
