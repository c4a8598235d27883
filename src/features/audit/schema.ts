import { z } from "@hono/zod-openapi";
import { Id } from "../../platform/ids.ts";

export const AuditLine = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    actor: z
      .object({ id: z.uuid(), username: z.string() })
      .nullable()
      .openapi({ description: "Null when the platform acted by itself, or nobody was signed in." }),
    action: z.string(),
    target: z.object({ type: z.string(), id: z.string() }).nullable(),
    details: z.record(z.string(), z.unknown()).nullable(),
    sessionId: z.string().nullable(),
    requestId: z.string().nullable(),
    userAgent: z.string().nullable(),
    country: z.string().nullable(),
  })
  .openapi("AuditLine", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      at: "2026-11-21T10:00:00.000Z",
      actor: { id: "0199aa11-2233-7444-8555-66778899aacc", username: "admin" },
      action: "user.suspended",
      target: { type: "user", id: "0199aa11-2233-7444-8555-66778899aadd" },
      details: null,
      sessionId: "0199aa11-2233-7444-8555-66778899aaee",
      requestId: "0199aa11-2233-7444-8555-66778899aaff",
      userAgent: "Mozilla/5.0",
      country: "PT",
    },
  });
export type AuditLine = z.infer<typeof AuditLine>;

export const AuditFilters = z.object({
  actor: Id.optional().openapi({ description: "The id of who acted." }),
  action: z.string().min(1).max(100).optional().openapi({ example: "user.suspended" }),
  target: z.string().min(1).max(100).optional().openapi({ description: "The id of what was acted on." }),
  from: z.iso.datetime({ offset: true }).optional().openapi({ description: "Lines of this instant and later." }),
  to: z.iso.datetime({ offset: true }).optional().openapi({ description: "Lines before this instant." }),
});
export type AuditFilters = z.output<typeof AuditFilters>;
