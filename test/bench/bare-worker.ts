import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { users } from "../../src/db/schema/users.ts";

/** The floor of a read: one row through Drizzle, for anybody, with nothing around it. */
export default {
  async fetch(request: Request, env: { DB: D1Database }): Promise<Response> {
    const id = new URL(request.url).pathname.slice(1);
    const [row] = await drizzle(env.DB).select().from(users).where(eq(users.id, id));
    return Response.json(row ?? null);
  },
};
