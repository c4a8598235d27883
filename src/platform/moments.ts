import { z } from "@hono/zod-openapi";

const DAY = /^\d{4}-\d{2}-\d{2}$/u;
const INSTANT = /^\d{4}-\d{2}-\d{2}T/u;

/** An instant with any offset, kept in UTC; of a day alone its first moment in UTC. */
export const Instant = z
  .preprocess(
    (value) => (typeof value === "string" && DAY.test(value.trim()) ? `${value.trim()}T00:00:00Z` : value),
    z.iso.datetime({ offset: true }),
  )
  .transform((value) => new Date(value).toISOString())
  .openapi({ type: "string", format: "date-time", example: "2027-03-01T18:00:00.000Z" });

/** A day as its owner's calendar shows it; of an instant the day that is written there. */
export const Day = z
  .preprocess(
    (value) => (typeof value === "string" && INSTANT.test(value.trim()) ? value.trim().slice(0, 10) : value),
    z.iso.date(),
  )
  .openapi({ type: "string", format: "date", example: "2027-03-01" });
