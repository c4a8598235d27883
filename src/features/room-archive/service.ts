import type { ServiceContext } from "../../context.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, invalid, notFound } from "../../platform/errors.ts";
import type { PageQuery, Paged } from "../../platform/paging.ts";
import { startOf, toPage } from "../../platform/paging.ts";
import type { Message } from "../messages/schema.ts";
import { speaker, unwrap } from "../messages/service.ts";
import type { Access } from "../rooms/queries.ts";
import { findAccess } from "../rooms/queries.ts";
import { assertMember, assertReads } from "../rooms/rules.ts";
import { markBlocked } from "../rooms/service.ts";
import type { Version } from "./schema.ts";

const EXPORTED_AT_A_TIME = 500;

/** Messages that have all the words, newest first, for whoever reads the room's history. */
export async function searchMessages(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  { q, ...query }: PageQuery & { q: string },
): Promise<Paged<Message>> {
  const access = await findAccess(ctx, actor, roomId);
  assertReads(access);
  const list = { name: "message search", filters: { roomId, q } };
  const { after, offset } = await startOf(ctx, list, query);
  if (offset > 0) throw invalid("query.page", "not_numbered", "This list has no page numbers; use the cursor.");
  const before = after === null ? undefined : Number(after);
  const found = await ctx.rooms(roomId).search({ query: q, before, limit: query.limit + 1 }, actor.id);
  const marked = found.map((message) => markBlocked(access, message));
  return await toPage(ctx, list, query, marked, ({ seq }) => String(seq));
}

/** All of them, at most 50; the last to be pinned first. */
export async function listPins(ctx: ServiceContext, actor: UserActor, roomId: string): Promise<Paged<Message>> {
  const access = await findAccess(ctx, actor, roomId);
  assertReads(access);
  const pinned = await ctx.rooms(roomId).pinned(actor.id);
  const items = pinned.map((message) => markBlocked(access, message));
  return { items, pagination: { limit: 50, nextCursor: null, hasMore: false } };
}

export async function pin(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  { messageId, wanted }: { messageId: string; wanted: boolean },
): Promise<Message> {
  return unwrap(await ctx.rooms(roomId).pin(await speaker(ctx, actor, roomId), messageId, wanted));
}

/** What a message said first and after each edit, for whoever reads the room's history. */
export async function listVersions(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  messageId: string,
): Promise<Version[]> {
  assertReads(await findAccess(ctx, actor, roomId));
  const versions = await ctx.rooms(roomId).versions(messageId);
  if (versions === null) throw notFound("message");
  return versions.map(({ body, at }) => ({ body, at: new Date(at).toISOString() }));
}

/** The whole room as JSON lines, for its owner, or either person of a direct room: first what it is, then what was said, oldest first. */
export async function exportRoom(ctx: ServiceContext, actor: UserActor, roomId: string): Promise<ReadableStream> {
  const access = await findAccess(ctx, actor, roomId);
  assertMember(access);
  if (access.role !== "owner" && access.kind !== "direct")
    throw new AppError("FORBIDDEN", "Only the owner of a room takes it along.");
  const text = lines(ctx, access);
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await text.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: async () => void (await text.return(undefined)),
  });
}

/** A page is asked for when the one before has been read: however long the room, little of it is held at a time. */
async function* lines(ctx: ServiceContext, { room, user, members }: Access): AsyncGenerator<string> {
  const { id, kind, name, topic, createdAt } = room;
  const exportedAt = ctx.clock.now().toISOString();
  yield line("room", { id, kind, name, topic, members, createdAt: createdAt.toISOString(), exportedAt });
  for (let after = 0, more = true; more;) {
    const page = await ctx.rooms(id).history({ after, limit: EXPORTED_AT_A_TIME, viewerId: user.id });
    if (page.messages.length > 0) yield page.messages.map((message) => line("message", message)).join("");
    after = page.messages.at(-1)?.seq ?? after;
    more = page.hasMore;
  }
}

const line = (type: string, value: object): string => `${JSON.stringify({ type, ...value })}\n`;
