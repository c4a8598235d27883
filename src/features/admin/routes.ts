import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, ok, page } from "../../http/envelope.ts";
import { ifMatch, isFresh } from "../../http/etag.ts";
import { IdParam, PageParams, body, data, list, permitted, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { User } from "../users/schema.ts";
import { inviteUser } from "./invitations.ts";
import { AccountPatch, NewAccount, UserFilters } from "./schema.ts";
import { changeUser, getUser, listUsers } from "./service.ts";

const tags = ["Administration"];
const managing = permitted("users:manage");

export const adminUserRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/users",
      operationId: "listUsers",
      summary: "People, newest first",
      tags,
      ...managing,
      request: { query: PageParams.extend(UserFilters.shape) },
      responses: { 200: list(User, "Everybody who fits."), ...userFailures("FORBIDDEN", "INVALID_CURSOR") },
    }),
    async (c) => {
      const { q, role, status, ...query } = c.req.valid("query");
      return page(c, User, await listUsers(c.get("ctx"), requireUser(c), { q, role, status }, query));
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/users",
      operationId: "inviteUser",
      summary: "Create an account and mail an invitation",
      description: "The mail's link sets the password. Only a superadmin makes admins.",
      tags,
      ...managing,
      request: { body: body(NewAccount) },
      responses: {
        201: data(User, "The account; its invitation is on its way."),
        ...userFailures("FORBIDDEN", "EMAIL_TAKEN", "USERNAME_TAKEN"),
      },
    }),
    async (c) => {
      const user = await inviteUser(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, User, user, `/api/v1/admin/users/${user.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/users/{id}",
      operationId: "getUser",
      summary: "One account",
      tags,
      ...managing,
      request: { params: IdParam },
      responses: {
        200: data(User, "The account."),
        304: { description: "Your copy is still good." },
        ...userFailures("FORBIDDEN", "NOT_FOUND"),
      },
    }),
    async (c) => {
      const user = await getUser(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return (await isFresh(c, user)) ? c.body(null, 304) : ok(c, User, user, 200);
    },
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/users/{id}",
      operationId: "changeUser",
      summary: "Give a role, suspend or reinstate",
      description:
        "Nobody changes their own. Only a superadmin grants, removes or suspends admins. It holds at once: tokens issued before are refused, and suspension ends every session.",
      tags,
      ...managing,
      request: { params: IdParam, body: body(AccountPatch) },
      responses: {
        200: data(User, "The account as it is now."),
        ...userFailures("FORBIDDEN", "NOT_FOUND", "PRECONDITION_FAILED", "CONFLICT"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const user = await changeUser(c.get("ctx"), requireUser(c), id, c.req.valid("json"), ifMatch(c));
      await isFresh(c, user);
      return ok(c, User, user, 200);
    },
  );
