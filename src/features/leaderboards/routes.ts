import { createRoute, z } from "@hono/zod-openapi";
import { encodeWatcher, WATCHER_HEADER } from "../../durable-objects/leaderboard/identity.ts";
import { requireUser } from "../../http/authentication.ts";
import { created, ok, page } from "../../http/envelope.ts";
import { PageParams, body, data, list, permitted, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { admit, requireUpgrade } from "../../http/sockets.ts";
import { AppError } from "../../platform/errors.ts";
import { Id } from "../../platform/ids.ts";
import { Ticket } from "../tickets/schema.ts";
import { issueTicket, redeemTicket } from "../tickets/service.ts";
import { vouchWatcher } from "./live.ts";
import { requestRebuild } from "./rebuild.ts";
import {
  BoardMeta,
  ListParams,
  LiveQuery,
  NewRebuild,
  RankedUser,
  Rebuild,
  StandingQuery,
  UserStanding,
  boardQuery,
} from "./schema.ts";
import { showBoard, showStanding } from "./service.ts";

const tags = ["Leaderboards"];
const LIVE = "/api/v1/leaderboard/live";

const UserIdParam = z.object({
  userId: Id.openapi({ param: { name: "userId", in: "path" }, example: "0199aa11-2233-7444-8555-66778899aabb" }),
});

export const leaderboardRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "showLeaderboard",
      summary: "A leaderboard, best first",
      description:
        "Who hides themselves or is suspended is not on it and not counted. A season is readable here for 90 days after its end, and after that its first hundred; where anybody ended is always known.",
      tags,
      ...signedIn,
      request: { query: boardQuery({ ...PageParams.shape, ...ListParams }) },
      responses: {
        200: list(RankedUser, "A page of the board.", BoardMeta.shape),
        ...userFailures("INVALID_CURSOR", "NOT_FOUND"),
      },
    }),
    async (c) => {
      const actor = requireUser(c);
      const board = await showBoard(c.get("ctx"), actor, c.req.valid("query"));
      return page(c, RankedUser, board, board.meta);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/user/{userId}",
      operationId: "showStanding",
      summary: "Where somebody stands, and who is around them",
      tags,
      ...signedIn,
      request: { params: UserIdParam, query: StandingQuery },
      responses: { 200: data(UserStanding, "Their rank, and the people around it."), ...userFailures("NOT_FOUND") },
    }),
    async (c) => {
      const actor = requireUser(c);
      const standing = await showStanding(c.get("ctx"), actor, c.req.valid("param").userId, c.req.valid("query"));
      return ok(c, UserStanding, standing, 200);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/tickets",
      operationId: "issueLeaderboardTicket",
      summary: "A ticket that opens one live socket within 30 seconds",
      description: "Offer the subprotocols `guildhall.v1, ticket.<ticket>` at `url?scope=&window=`.",
      tags,
      ...signedIn,
      responses: { 201: data(Ticket, "The ticket."), ...userFailures() },
    }),
    async (c) => {
      const ticket = await issueTicket(c.get("ctx"), requireUser(c), { path: LIVE, origin: new URL(c.req.url).origin });
      return created(c, Ticket, ticket, LIVE);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/live",
      operationId: "watchLeaderboard",
      summary: "A board, live (WebSocket)",
      description:
        "`leaderboard_snapshot { scope, window, season, total, entries[≤100], me }`, then at most once a second `leaderboard_update { total, changes, me }` of what changed: take out everybody named, then put each `{ rank, user, score }` in order behind all entries whose rank is not lower; `{ user: { id }, removed: true }` is gone. A new season begins with a snapshot. `me` is `{ rank, score }`. The socket only tells; `ping` is answered `pong`. It closes with 4401 when the session or its token ends. Authentication as for rooms: bearer header, cookie (own origin), or a ticket as subprotocol.",
      tags,
      security: signedIn.security,
      request: { query: LiveQuery },
      responses: {
        101: { description: "The socket." },
        ...userFailures("NOT_FOUND", "CSRF_REJECTED", "UPGRADE_REQUIRED", "TOO_MANY_SOCKETS"),
      },
      middleware: requireUpgrade,
    }),
    async (c) => {
      const ctx = c.get("ctx");
      const { listener, subprotocol } = await admit(c, (ticket) => redeemTicket(ctx, LIVE, ticket));
      const watcher = { ...(await vouchWatcher(ctx, listener, c.req.valid("query"))), subprotocol };
      const headers = { Upgrade: "websocket", [WATCHER_HEADER]: encodeWatcher(watcher) };
      const answer = await ctx.boards(watcher.scope).fetch("https://board/live", { headers });
      if (answer.status === 429) throw new AppError("TOO_MANY_SOCKETS", "You watch this board 8 times already.");
      return answer;
    },
  );

export const adminLeaderboardRoutes = createRouter().openapi(
  createRoute({
    method: "post",
    path: "/leaderboards/rebuild",
    operationId: "rebuildLeaderboard",
    summary: "Make a board again from the ledger",
    description: "In the background, page by page; the board answers meanwhile. It is in the audit log.",
    tags,
    ...permitted("boards:manage"),
    request: { body: body(NewRebuild) },
    responses: { 202: data(Rebuild, "It has begun."), ...userFailures("FORBIDDEN", "NOT_FOUND") },
  }),
  async (c) => ok(c, Rebuild, await requestRebuild(c.get("ctx"), requireUser(c), c.req.valid("json")), 202),
);
