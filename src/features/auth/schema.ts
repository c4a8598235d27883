import { z } from "@hono/zod-openapi";
import { maybe } from "../../platform/optional.ts";
import { Text } from "../../platform/text.ts";
import { Email, Locale, Name, Phone, Timezone, Username } from "../users/fields.ts";
import { User } from "../users/schema.ts";
import { MAX_PASSWORD, passwordFault } from "./rules.ts";

const nfkc = (value: string): string => value.normalize("NFKC");

/** A password that is to be compared: taken as it is, but never so long that hashing it would cost. */
export const CurrentPassword = z
  .string()
  .transform(nfkc)
  .refine((value) => value !== "" && Array.from(value).length <= MAX_PASSWORD, { error: "1 to 128 characters" })
  .openapi({ type: "string", format: "password", minLength: 1, maxLength: MAX_PASSWORD, example: "Sunny-Harbour-7" });

/** A new password; the rules are for choosing one, an old one is taken as it is. */
export const NewPassword = z
  .string()
  .transform(nfkc)
  .superRefine((value, ctx) => {
    const fault = passwordFault(value);
    if (fault) ctx.addIssue({ code: "custom", message: fault });
  })
  .openapi({ type: "string", format: "password", minLength: 8, maxLength: 128, example: "Sunny-Harbour-7" });

export const Register = z
  .object({
    email: Email,
    username: maybe(Username),
    password: NewPassword,
    firstName: maybe(Name),
    lastName: maybe(Name),
    displayName: maybe(Name),
    phone: maybe(Phone),
    locale: maybe(Locale),
    timezone: maybe(Timezone),
    referralCode: maybe(Text(1, 32)),
    remember: z.boolean().default(false),
  })
  .openapi("Register", {
    example: { email: "mei@example.org", username: "mei", password: "Sunny-Harbour-7", timezone: "Asia/Tokyo" },
  });
export type Register = z.output<typeof Register>;

export const Login = z
  .object({
    email: z
      .string()
      .min(1)
      .max(254)
      .transform((value) => value.trim().normalize("NFC").toLowerCase())
      .openapi({ description: "The e-mail address or the username." }),
    password: CurrentPassword,
    remember: z.boolean().default(false),
  })
  .openapi("Login", { example: { email: "ana@guildhall.local", password: "Guildhall1" } });
export type Login = z.output<typeof Login>;

export const Refresh = z.object({ refreshToken: maybe(z.string().min(1).max(200)) }).openapi("Refresh", {
  example: { refreshToken: "mC3…" },
  description: "Without a token the refresh cookie is used.",
});

/** The secret of a mailed link. */
export const OneTimeToken = z.string().min(1).max(200).openapi({ example: "q1w2e3…" });

export const Accepted = z
  .object({ message: z.string().openapi({ example: "If a mail is due, it is on its way." }) })
  .openapi("Accepted");
export const MAIL_MAY_COME: z.infer<typeof Accepted> = { message: "If a mail is due, it is on its way." };

export const Tokens = z
  .object({
    accessToken: z.string().openapi({ example: "eyJhbGciOiJFZERTQSJ9.e30.c2ln" }),
    refreshToken: z.string().openapi({ example: "0199aa11-2233-7444-8555-66778899aabb.q1w2e3r4" }),
    expiresIn: z.int().openapi({ description: "Seconds the access token lives.", example: 900 }),
  })
  .openapi("Tokens");
export type Tokens = z.infer<typeof Tokens>;

export const SignedIn = Tokens.extend({ user: User }).openapi("SignedIn");
export type SignedIn = z.infer<typeof SignedIn>;

export const Session = z
  .object({
    id: z.uuid(),
    current: z.boolean(),
    userAgent: z.string().nullable().openapi({ example: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0" }),
    device: z.string().nullable().openapi({ description: "Browser and system.", example: "Firefox on Linux" }),
    country: z.string().nullable().openapi({ example: "PT" }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .openapi("Session");
export type Session = z.infer<typeof Session>;

export const Disavowal = z
  .object({ token: OneTimeToken })
  .openapi("Disavowal", { example: { token: "0199aa11-2233-7444-8555-66778899aabb.q1w2e3…" } });
