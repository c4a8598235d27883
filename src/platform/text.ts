import { z } from "@hono/zod-openapi";

const NUL = "\u0000";

const clean = (value: string): string => value.normalize("NFC").trim();
const length = (value: string): number => Array.from(value).length;

/** Text as people write it: trimmed, NFC, its length counted in Unicode code points. */
export const Text = (min: number, max: number) =>
  z
    .string()
    .transform(clean)
    .refine((value) => length(value) >= min, { error: min === 1 ? "must not be empty" : `at least ${min} characters` })
    .refine((value) => length(value) <= max, { error: `at most ${max} characters` })
    .refine((value) => !value.includes(NUL), { error: "must not contain NUL" })
    .refine((value) => value.isWellFormed(), { error: "must not contain half of a surrogate pair" })
    .openapi({ type: "string", minLength: min, maxLength: max });
