import { z } from "@hono/zod-openapi";

export const Ticket = z.object({ ticket: z.string(), expiresAt: z.iso.datetime(), url: z.string() }).openapi("Ticket", {
  example: {
    ticket: "Zk3u0oVQb1xq5yqX4l8mJ2p9s7tRwEaCpX3vN6hYdLg",
    expiresAt: "2026-11-21T10:00:30.000Z",
    url: "wss://guildhall.example/api/v1/notifications/live",
  },
});
export type Ticket = z.infer<typeof Ticket>;
