import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { empty, ok } from "../../http/envelope.ts";
import { body, data, failures, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { limitAccount, rateLimitAuth } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { WRONG_PASSWORD } from "../../platform/errors.ts";
import { Accepted, Disavowal, MAIL_MAY_COME } from "../auth/schema.ts";
import { ChangePassword, ForgotPassword, ResetPassword } from "./schema.ts";
import { disavow } from "./disavow.ts";
import { changePassword, forgotPassword, resetPassword } from "./service.ts";

const tags = ["Auth"];

export const passwordRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/password/forgot",
      operationId: "forgotPassword",
      summary: "Have a link to choose a new password mailed",
      description: "The answer is the same whether or not there is such an account.",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(ForgotPassword) },
      responses: { 202: data(Accepted, "If there is such an account, a mail is on its way."), ...failures() },
    }),
    async (c) => {
      const { email } = c.req.valid("json");
      await limitAccount(c, email);
      await forgotPassword(c.get("ctx"), email);
      return ok(c, Accepted, MAIL_MAY_COME, 202);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/password/reset",
      operationId: "resetPassword",
      summary: "Choose a new password by the token of the mailed link; ends every session",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(ResetPassword) },
      responses: { 204: nothing, ...failures("INVALID_TOKEN") },
    }),
    async (c) => {
      await resetPassword(c.get("ctx"), c.req.valid("json"));
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/sessions/disavow",
      operationId: "disavowSession",
      summary:
        "Say by the token of a mail that a session was not mine: ends it and mails a link to choose a new password",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(Disavowal) },
      responses: {
        202: data(Accepted, "The session has ended; the mail is on its way."),
        ...failures("INVALID_TOKEN"),
      },
    }),
    async (c) => {
      await disavow(c.get("ctx"), c.req.valid("json").token);
      return ok(c, Accepted, MAIL_MAY_COME, 202);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/password/change",
      operationId: "changePassword",
      summary: "Change my password; ends every other session",
      tags,
      ...signedIn,
      request: { body: body(ChangePassword) },
      responses: { 204: nothing, ...userFailures(WRONG_PASSWORD, "CONFLICT") },
    }),
    async (c) => {
      const actor = requireUser(c);
      await limitAccount(c, actor.id);
      await changePassword(c.get("ctx"), actor, c.req.valid("json"));
      return empty(c);
    },
  );
