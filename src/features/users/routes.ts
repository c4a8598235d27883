import { createRoute, z } from "@hono/zod-openapi";
import { mustBeSignedIn, requireUser } from "../../http/authentication.ts";
import { maySendNothing } from "../../http/bodies.ts";
import { clearTokenCookies } from "../../http/cookies.ts";
import { empty, ok, page } from "../../http/envelope.ts";
import { ifMatch, isFresh, tagged } from "../../http/etag.ts";
import { PageParams, body, signedIn, data, list, nothing, userFailures } from "../../http/openapi.ts";
import { limitAccount } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { WRONG_PASSWORD } from "../../platform/errors.ts";
import { deleteAccount } from "../personal-data/deletion.ts";
import { exportPersonalData } from "../personal-data/export.ts";
import { Farewell, PersonalData } from "../personal-data/schema.ts";
import { Streak, XpEntry } from "../xp/schema.ts";
import { changeProfile } from "./editing.ts";
import { ProfilePatch, PublicProfile } from "./profile.ts";
import { User } from "./schema.ts";
import { getMe, getStreak, listXp, showProfile } from "./service.ts";

const tags = ["Users"];

/** Any text: what cannot be a name is nobody's, 404 like every other unknown one. */
const UsernameParam = z.object({
  username: z
    .string()
    .max(100)
    .transform((value) => value.toLowerCase())
    .openapi({ param: { name: "username", in: "path" }, type: "string", example: "ana" }),
});

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
      method: "patch",
      path: "/me",
      operationId: "updateMe",
      summary: "Change my profile",
      description:
        "Only what is named changes; null empties a field. With `If-Match` it is refused when the profile is no longer the one that was read.",
      tags,
      ...signedIn,
      request: { body: body(ProfilePatch) },
      responses: {
        200: data(User, "The profile as it is now."),
        ...userFailures("PRECONDITION_FAILED", "USERNAME_TAKEN", "CONFLICT"),
      },
    }),
    async (c) => {
      const me = await changeProfile(c.get("ctx"), requireUser(c), c.req.valid("json"), ifMatch(c));
      return ok(c, User, await tagged(c, me), 200);
    },
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/me",
      operationId: "deleteMe",
      summary: "Delete my account",
      description:
        "Personal data is erased here, in rooms and on boards; what others built on stays as a deleted user's. Every session ends. It cannot be undone.",
      tags,
      ...signedIn,
      middleware: [mustBeSignedIn, maySendNothing] as const,
      request: { body: { required: false, content: { "application/json": { schema: Farewell } } } },
      responses: { 204: nothing, ...userFailures(WRONG_PASSWORD, "STEP_UP_REQUIRED", "LAST_SUPERADMIN") },
    }),
    async (c) => {
      const actor = requireUser(c);
      await limitAccount(c, actor.id);
      await deleteAccount(c.get("ctx"), actor, c.req.valid("json").password);
      clearTokenCookies(c);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/me/export",
      operationId: "exportMyData",
      summary: "Everything that is held on me, as one JSON document",
      tags,
      ...signedIn,
      responses: { 200: data(PersonalData, "All of it, without secrets."), ...userFailures() },
    }),
    async (c) => {
      const actor = requireUser(c);
      await limitAccount(c, `export:${actor.id}`);
      const held = await exportPersonalData(c.get("ctx"), actor);
      c.header("Content-Disposition", 'attachment; filename="guildhall-export.json"');
      return ok(c, PersonalData, held, 200);
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
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{username}",
      operationId: "getPublicProfile",
      summary: "Somebody's public profile",
      description: "As much of it as their privacy allows; 404 for who hides it, is suspended or is gone.",
      tags,
      ...signedIn,
      request: { params: UsernameParam },
      responses: {
        200: data(PublicProfile, "The profile."),
        304: { description: "Your copy is still good." },
        ...userFailures("NOT_FOUND"),
      },
    }),
    async (c) => {
      const profile = await showProfile(c.get("ctx"), requireUser(c), c.req.valid("param").username);
      return (await isFresh(c, profile)) ? c.body(null, 304) : ok(c, PublicProfile, profile, 200);
    },
  );
