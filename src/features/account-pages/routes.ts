import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { failures } from "../../http/openapi.ts";
import { rateLimitAuth } from "../../http/rate-limit.ts";
import { createRouter } from "../../http/router.ts";
import { AppError } from "../../platform/errors.ts";
import { verifyEmail } from "../addresses/service.ts";
import { NewPassword, OneTimeToken } from "../auth/schema.ts";
import { disavow } from "../passwords/disavow.ts";
import { resetPassword } from "../passwords/service.ts";
import { deadLinkPage, donePage, notMePage, resetPasswordPage, takenPage, verifyEmailPage } from "./pages.ts";

const tags = ["Pages"];
const html = (description: string) => ({ description, content: { "text/html": { schema: z.string() } } });
const form = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { "application/x-www-form-urlencoded": { schema } } },
});
const Token = z.object({ token: OneTimeToken });
const query = z.object({ token: z.string().max(200).default("") });

const show = (path: string, operationId: string, summary: string) =>
  createRoute({
    method: "get",
    path,
    operationId,
    summary,
    tags,
    request: { query },
    responses: { 200: html("A page with one form."), ...failures() },
  });

const answer = <T extends z.ZodType>(path: string, operationId: string, schema: T, more = {}) =>
  createRoute({
    method: "post",
    path,
    operationId,
    summary: "The form of that page",
    tags,
    middleware: [rateLimitAuth] as const,
    request: form(schema),
    responses: {
      200: html("It is done."),
      ...failures(),
      400: html("The link does not work, or the form has a fault."),
      ...more,
    },
  });

/** What the page's button does, and what to say of it. */
async function done(c: Context<AppEnv>, act: () => Promise<void>, told: string) {
  c.header("Cache-Control", "no-store");
  try {
    await act();
    return c.html(donePage(told), 200);
  } catch (error) {
    if (error instanceof AppError && error.code === "INVALID_TOKEN") return c.html(deadLinkPage(), 400);
    if (error instanceof AppError && error.code === "EMAIL_TAKEN") return c.html(takenPage(), 409);
    throw error;
  }
}

/** Where the links of mails lead when there is no app. */
export const accountPageRoutes = createRouter()
  .openapi(show("/verify-email", "getVerifyEmailPage", "Where the link to confirm an address leads"), (c) => {
    c.header("Cache-Control", "no-store");
    return c.html(verifyEmailPage(c.req.valid("query").token), 200);
  })
  .openapi(
    answer("/verify-email", "postVerifyEmailPage", Token, { 409: html("Another account has the address by now.") }),
    (c) => done(c, () => verifyEmail(c.get("ctx"), c.req.valid("form").token), "Your answer is noted."),
  )
  .openapi(show("/reset-password", "getResetPasswordPage", "Where the link to choose a password leads"), (c) => {
    c.header("Cache-Control", "no-store");
    return c.html(resetPasswordPage(c.req.valid("query").token), 200);
  })
  .openapi(
    answer("/reset-password", "postResetPasswordPage", Token.extend({ password: z.string().max(1000) })),
    (c) => {
      const { token, password } = c.req.valid("form");
      const chosen = NewPassword.safeParse(password);
      if (!chosen.success) {
        c.header("Cache-Control", "no-store");
        return c.html(
          resetPasswordPage(token, `The password ${chosen.error.issues[0]?.message ?? "does not fit"}.`),
          400,
        );
      }
      const act = () => resetPassword(c.get("ctx"), { token, password: chosen.data });
      return done(c, act, "Your password is set; sign in with it.");
    },
  )
  .openapi(show("/not-me", "getNotMePage", "Where the link of a mail about a sign-in leads"), (c) => {
    c.header("Cache-Control", "no-store");
    return c.html(notMePage(c.req.valid("query").token), 200);
  })
  .openapi(answer("/not-me", "postNotMePage", Token), (c) =>
    done(
      c,
      () => disavow(c.get("ctx"), c.req.valid("form").token),
      "That session has ended, and a mail to choose a new password is on its way.",
    ),
  );
