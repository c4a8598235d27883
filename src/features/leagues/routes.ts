import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { empty, ok, page } from "../../http/envelope.ts";
import { data, list, nothing, PageParams, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { CurrentLeague, League, LeagueMembership, LeagueResult } from "./schema.ts";
import { currentLeague, joinLeagues, leagueHistory, leaveLeagues, pastLeague } from "./service.ts";

const tags = ["Leagues"];

export const leagueRoutes = createRouter()
  .openapi(
    createRoute({
      method: "put",
      path: "/membership",
      operationId: "joinLeagues",
      summary: "Take part in the weekly leagues",
      tags,
      ...signedIn,
      responses: { 200: data(LeagueMembership, "Taking part; the next week is the first."), ...userFailures() },
    }),
    async (c) => ok(c, LeagueMembership, await joinLeagues(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/membership",
      operationId: "leaveLeagues",
      summary: "Take part no more, the running week included",
      tags,
      ...signedIn,
      responses: { 204: nothing, ...userFailures() },
    }),
    async (c) => {
      await leaveLeagues(c.get("ctx"), requireUser(c));
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/current",
      operationId: "getCurrentLeague",
      summary: "My cohort of this week, in order",
      tags,
      ...signedIn,
      responses: { 200: data(CurrentLeague, "`league` is null until the first week begins."), ...userFailures() },
    }),
    async (c) => ok(c, CurrentLeague, await currentLeague(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/history",
      operationId: "listLeagueResults",
      summary: "My weeks that are over, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams },
      responses: { 200: list(LeagueResult, "Frozen results."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => page(c, LeagueResult, await leagueHistory(c.get("ctx"), requireUser(c), c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/history/{week}",
      operationId: "getPastLeague",
      summary: "My cohort of a week that is over, as it ended",
      tags,
      ...signedIn,
      request: { params: z.object({ week: z.string().max(10).openapi({ example: "2026-W46" }) }) },
      responses: { 200: data(League, "The frozen standings."), ...userFailures("NOT_FOUND") },
    }),
    async (c) => ok(c, League, await pastLeague(c.get("ctx"), requireUser(c), c.req.valid("param").week), 200),
  );
