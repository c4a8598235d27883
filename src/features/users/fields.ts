import { z } from "@hono/zod-openapi";
import { Text } from "../../platform/text.ts";
import { isTimezone } from "../xp/days.ts";

export const Email = z
  .string()
  .transform((value) => value.trim().normalize("NFC").toLowerCase())
  .pipe(z.email().max(254))
  .openapi({ type: "string", format: "email", example: "mei@example.org" });

export const Username = z
  .string()
  .transform((value) => value.trim().toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9_]{3,30}$/u, { error: "3 to 30 of a-z, 0-9 and _" }))
  .openapi({ type: "string", example: "mei" });

export const Timezone = z
  .string()
  .refine(isTimezone, { error: "an IANA time zone" })
  .openapi({ type: "string", example: "Asia/Tokyo" });

export const Locale = z
  .string()
  .regex(/^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*$/u, { error: "a BCP 47 language tag" })
  .max(35)
  .openapi({ example: "en" });

export const Name = Text(1, 80);
/** As people write it: digits, and what sets them apart. */
export const Phone = Text(3, 32)
  .refine((value) => /^\+?[\d\s()./-]{3,}$/u.test(value) && /\d{3}/u.test(value.replaceAll(/\D/gu, "")), {
    error: "a telephone number",
  })
  .openapi({ type: "string", minLength: 3, maxLength: 32, example: "+49 30 1234567" });

/** Only https: a picture is shown on other people's pages. */
export const AvatarUrl = z
  .url({ protocol: /^https$/u, error: "an https address" })
  .max(2000)
  .openapi({ type: "string", format: "uri", example: "https://images.example.org/mei.png" });

/** Short words about oneself; the same one twice is one. */
export const Interests = z
  .array(Text(1, 40))
  .max(30)
  .transform((words) => [...new Set(words)])
  .openapi({ type: "array", items: { type: "string" }, maxItems: 30, example: ["languages"] });
