import { z } from "@hono/zod-openapi";
import { Person } from "../users/schema.ts";

export const Block = z.object({ user: Person, createdAt: z.iso.datetime() }).openapi("Block", {
  example: {
    user: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ben", displayName: "Ben", avatarUrl: null },
    createdAt: "2026-11-21T10:00:00.000Z",
  },
});
export type Block = z.infer<typeof Block>;
