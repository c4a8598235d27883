import { createRoute, z } from "@hono/zod-openapi";
import { actorOf, requireUser } from "../../http/authentication.ts";
import { ok } from "../../http/envelope.ts";
import { data, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Achievement, EarnedAchievement } from "./schema.ts";
import { achievementsOf, listAchievements } from "./service.ts";

const tags = ["Achievements"];
const Achievements = z.array(Achievement);
const EarnedAchievements = z.array(EarnedAchievement);

export const achievementRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/achievements",
      operationId: "listAchievements",
      summary: "Every badge there is, and how far I am with it",
      tags,
      security: [{}, ...signedIn.security],
      responses: { 200: data(Achievements, "The catalogue; with a token, my own standing too."), ...userFailures() },
    }),
    async (c) => ok(c, Achievements, await listAchievements(c.get("ctx"), actorOf(c)), 200),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/users/{username}/achievements",
      operationId: "listAchievementsOf",
      summary: "The badges somebody has earned, newest first",
      tags,
      ...signedIn,
      request: { params: z.object({ username: z.string().max(100).openapi({ example: "ana" }) }) },
      responses: {
        200: data(EarnedAchievements, "Empty when they do not show their activity."),
        ...userFailures("NOT_FOUND"),
      },
    }),
    async (c) =>
      ok(
        c,
        EarnedAchievements,
        await achievementsOf(c.get("ctx"), requireUser(c), c.req.valid("param").username.toLowerCase()),
        200,
      ),
  );
