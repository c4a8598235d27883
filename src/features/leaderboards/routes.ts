import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { ok, page } from "../../http/envelope.ts";
import { PageParams, signedIn, data, list, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { BoardMeta, RankedUser, StandingQuery, UserStanding, boardQuery } from "./schema.ts";
import { showBoard, showStanding } from "./service.ts";

const tags = ["Leaderboards"];

const UserIdParam = z.object({
  userId: z.uuid().openapi({ param: { name: "userId", in: "path" }, example: "0199aa11-2233-7444-8555-66778899aabb" }),
});

export const leaderboardRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "showLeaderboard",
      summary: "A leaderboard, best first",
      description:
        "People who hide themselves or are suspended are left out and leave a gap, so a page may hold fewer than `limit`.",
      tags,
      ...signedIn,
      request: { query: boardQuery(PageParams.shape) },
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
  );
