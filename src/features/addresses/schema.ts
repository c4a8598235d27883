import { z } from "@hono/zod-openapi";
import { maybe } from "../../platform/optional.ts";
import { CurrentPassword, OneTimeToken } from "../auth/schema.ts";
import { Email } from "../users/fields.ts";

export const VerifyEmail = z.object({ token: OneTimeToken }).openapi("VerifyEmail", { example: { token: "q1w2e3…" } });

export const ResendVerification = z.object({ email: maybe(Email) }).openapi("ResendVerification", {
  example: { email: "mei@example.org" },
  description: "Without an address it is that of whoever is signed in.",
});

export const ChangeEmail = z
  .object({ newEmail: Email, password: CurrentPassword })
  .openapi("ChangeEmail", { example: { newEmail: "mei@example.net", password: "Sunny-Harbour-7" } });
export type ChangeEmail = z.output<typeof ChangeEmail>;
