import type { z } from "@hono/zod-openapi";

/** A field that is the fallback when it is left out, or null, as clients send what they leave empty. */
export const orElse = <T extends z.ZodType>(schema: T, fallback: NonNullable<z.output<T>>) =>
  schema.nullish().transform((value) => value ?? fallback);

/** A field that may be left out, or null, which is the same. */
export const maybe = <T extends z.ZodType>(schema: T) =>
  schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
