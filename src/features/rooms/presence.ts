import type { ServiceContext } from "../../context.ts";
import type { UserActor } from "../../platform/actor.ts";
import { invalid } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import { findAccess } from "./queries.ts";
import { assertMember } from "./rules.ts";
import type { Present } from "./schema.ts";

/** For members: who is there now. Nobody turns over pages of a list that moves, so it goes by cursor alone. */
export async function listPresent(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  query: PageQuery,
): Promise<Paged<Present>> {
  assertMember(await findAccess(ctx, actor, roomId));
  const list = { name: "presence", filters: { roomId } };
  const { after, offset } = await startOf(ctx, list, query);
  if (offset > 0) throw invalid("query.page", "not_numbered", "This list has no page numbers; use the cursor.");
  const { members } = await ctx.rooms(roomId).present(after ?? "", query.limit + 1);
  return await toPage(ctx, list, query, members, ({ id }) => id);
}
