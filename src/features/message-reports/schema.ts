import { z } from "@hono/zod-openapi";
import { REPORT_STATUSES } from "../../db/schema/message-reports.ts";
import { Text } from "../../platform/text.ts";
import { Person } from "../users/schema.ts";

export const NewReport = z
  .object({ reason: Text(1, 1000) })
  .openapi("NewMessageReport", { example: { reason: "This makes fun of somebody's accent." } });

export const Report = z
  .object({
    id: z.uuid(),
    roomId: z.uuid(),
    messageId: z.uuid(),
    messageSeq: z.int(),
    body: z.string().openapi({ description: "What the message said when it was reported." }),
    author: Person,
    reporter: Person,
    reason: z.string(),
    status: z.enum(REPORT_STATUSES),
    createdAt: z.iso.datetime(),
    decidedAt: z.iso.datetime().nullable(),
  })
  .openapi("MessageReport", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      roomId: "0199aa11-2233-7444-8555-66778899aabc",
      messageId: "0199aa11-2233-7444-8555-66778899aabd",
      messageSeq: 12,
      body: "Nobody understands you anyway.",
      author: { id: "0199aa11-2233-7444-8555-66778899aabe", username: "ben", displayName: "Ben", avatarUrl: null },
      reporter: { id: "0199aa11-2233-7444-8555-66778899aabf", username: "ana", displayName: "Ana", avatarUrl: null },
      reason: "This makes fun of somebody's accent.",
      status: "open",
      createdAt: "2026-11-21T10:00:00.000Z",
      decidedAt: null,
    },
  });
export type Report = z.infer<typeof Report>;

/** What the one who reports gets to see: that it was taken. */
export const Receipt = z
  .object({ id: z.uuid(), status: z.enum(REPORT_STATUSES) })
  .openapi("MessageReportReceipt", { example: { id: "0199aa11-2233-7444-8555-66778899aabb", status: "open" } });
export type Receipt = z.infer<typeof Receipt>;

export const ReportFilters = z.object({
  status: z.enum(REPORT_STATUSES).default("open"),
});
export type ReportFilters = z.output<typeof ReportFilters>;

export const Decision = z
  .object({ status: z.enum(["upheld", "dismissed"]) })
  .openapi("MessageReportDecision", { example: { status: "upheld" } });
export type Decision = z.output<typeof Decision>;
