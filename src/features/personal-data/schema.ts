import { z } from "@hono/zod-openapi";
import { maybe } from "../../platform/optional.ts";
import { CurrentPassword } from "../auth/schema.ts";
import { User } from "../users/schema.ts";

export const PersonalData = z
  .object({ exportedAt: z.iso.datetime(), profile: User })
  .catchall(z.unknown())
  .openapi("PersonalData", {
    description:
      "The profile, and under a name of its own each kind of thing that is held on the person: `sessions`, `goals`, `submissions`, `xp`, `messages`, `auditLogAboutMe` …",
  });
export type PersonalData = z.infer<typeof PersonalData>;

export const Farewell = z.object({ password: maybe(CurrentPassword) }).openapi("Farewell", {
  description: "The password, or nothing for an account without one that signed in within the last ten minutes.",
  example: { password: "Sunny-Harbour-7" },
});
