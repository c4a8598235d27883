import { z } from "@hono/zod-openapi";
import { QUEUES } from "../../db/schema/events.ts";

export const DeadLetter = z
  .object({
    id: z.string(),
    queue: z.enum(QUEUES),
    message: z.unknown().openapi({ description: "What it said, without secrets and addresses." }),
    cause: z.string(),
    attempts: z.int(),
    createdAt: z.iso.datetime(),
    replayedAt: z.iso.datetime().nullable(),
    replayable: z
      .boolean()
      .openapi({ description: "False once it was replayed, or when it never was a message of ours." }),
  })
  .openapi("DeadLetter", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      queue: "email",
      message: { mailId: "0199aa11-2233-7444-8555-66778899aacc" },
      cause: "MailFailure: connect: timed out",
      attempts: 6,
      createdAt: "2026-11-21T10:00:00.000Z",
      replayedAt: null,
      replayable: true,
    },
  });
export type DeadLetter = z.infer<typeof DeadLetter>;

export const DeadLetterFilters = z.object({
  queue: z.enum(QUEUES).optional().openapi({ description: "Those of one queue." }),
});
export type DeadLetterFilters = z.output<typeof DeadLetterFilters>;

/** A dead letter's id is that of its message; what was no message of ours has the queue's own id, of any shape. */
export const LetterParam = z.object({
  id: z
    .string()
    .min(1)
    .max(100)
    .openapi({ param: { name: "id", in: "path" }, example: "0199aa11-2233-7444-8555-66778899aabb" }),
});
