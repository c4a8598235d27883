import { z } from "@hono/zod-openapi";
import { CurrentPassword, NewPassword, OneTimeToken } from "../auth/schema.ts";
import { Email } from "../users/fields.ts";

export const ForgotPassword = z
  .object({ email: Email })
  .openapi("ForgotPassword", { example: { email: "mei@example.org" } });

export const ResetPassword = z
  .object({ token: OneTimeToken, password: NewPassword })
  .openapi("ResetPassword", { example: { token: "q1w2e3…", password: "Sunny-Harbour-7" } });
export type ResetPassword = z.output<typeof ResetPassword>;

export const ChangePassword = z
  .object({ currentPassword: CurrentPassword, newPassword: NewPassword })
  .openapi("ChangePassword", { example: { currentPassword: "Guildhall1", newPassword: "Sunny-Harbour-7" } });
export type ChangePassword = z.output<typeof ChangePassword>;
