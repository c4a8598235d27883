import { z } from "@hono/zod-openapi";
import { Text } from "../../platform/text.ts";

export const Version = z
  .object({ body: z.string(), at: z.iso.datetime() })
  .openapi("MessageVersion", { example: { body: "Who is reading chapter four?", at: "2026-11-21T10:04:00.000Z" } });
export type Version = z.infer<typeof Version>;

export const SearchWords = z.object({
  q: Text(1, 200).openapi({ description: "Words or the beginnings of words, all of which must be there." }),
});
