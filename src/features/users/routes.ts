import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { ok, page } from "../../http/envelope.ts";
import { isFresh } from "../../http/etag.ts";
import { PageParams, signedIn, data, list, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Streak, XpEntry } from "../xp/schema.ts";
import { User } from "./schema.ts";
import { getMe, getStreak, listXp } from "./service.ts";

const tags = ["Users"];

export const userRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/me",
      operationId: "getMe",
      summary: "The signed-in user",
      tags,
      ...signedIn,
      responses: {
        200: data(User, "Who is signed in."),
        304: { description: "Your copy is still good." },
        ...userFailures(),
      },
    }),
    async (c) => {
      const me = await getMe(c.get("ctx"), requireUser(c));
      return (await isFresh(c, me)) ? c.body(null, 304) : ok(c, User, me, 200);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/me/xp",
      operationId: "listMyXp",
      summary: "My XP ledger, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams },
      responses: { 200: list(XpEntry, "Every point and what it was for."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => page(c, XpEntry, await listXp(c.get("ctx"), requireUser(c), c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/me/streak",
      operationId: "getMyStreak",
      summary: "My streak in my own days",
      tags,
      ...signedIn,
      responses: { 200: data(Streak, "The streak."), ...userFailures() },
    }),
    async (c) => ok(c, Streak, await getStreak(c.get("ctx"), requireUser(c)), 200),
  );
