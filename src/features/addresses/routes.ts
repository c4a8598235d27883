import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { maySendNothing } from "../../http/bodies.ts";
import { empty, ok } from "../../http/envelope.ts";
import { body, data, failures, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { limitAccount, rateLimitAuth } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { WRONG_PASSWORD } from "../../platform/errors.ts";
import { Accepted, MAIL_MAY_COME } from "../auth/schema.ts";
import { ChangeEmail, ResendVerification, VerifyEmail } from "./schema.ts";
import { changeEmail, resendVerification, verifyEmail } from "./service.ts";

const tags = ["Auth"];

export const addressRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/verify-email",
      operationId: "verifyEmail",
      summary: "Confirm an e-mail address, or one half of its change, by the token of a mailed link",
      tags,
      middleware: [rateLimitAuth] as const,
      request: { body: body(VerifyEmail) },
      responses: { 204: nothing, ...failures("INVALID_TOKEN", "EMAIL_TAKEN") },
    }),
    async (c) => {
      await verifyEmail(c.get("ctx"), c.req.valid("json").token);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/verify-email/resend",
      operationId: "resendVerification",
      summary: "Have the verification link mailed again",
      description:
        "For an address, or without one for whoever is signed in. The answer is the same whether or not a mail is due.",
      tags,
      middleware: [rateLimitAuth, maySendNothing] as const,
      request: { body: { required: false, content: { "application/json": { schema: ResendVerification } } } },
      responses: {
        202: data(Accepted, "If the address waits for it, a mail is on its way."),
        ...failures("UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED"),
      },
    }),
    async (c) => {
      const { email } = c.req.valid("json");
      const whose = email === undefined ? { id: requireUser(c).id } : { email };
      await limitAccount(c, email ?? requireUser(c).id);
      await resendVerification(c.get("ctx"), whose);
      return ok(c, Accepted, MAIL_MAY_COME, 202);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/email/change",
      operationId: "changeEmail",
      summary: "Ask for another e-mail address; it changes when the links in both mailboxes were used",
      description: "The answer is the same whether or not the address belongs to another account.",
      tags,
      ...signedIn,
      request: { body: body(ChangeEmail) },
      responses: { 202: data(Accepted, "The mails are on their way."), ...userFailures(WRONG_PASSWORD) },
    }),
    async (c) => {
      const actor = requireUser(c);
      await limitAccount(c, actor.id);
      await changeEmail(c.get("ctx"), actor, c.req.valid("json"));
      return ok(c, Accepted, MAIL_MAY_COME, 202);
    },
  );
