import { eq, ne } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { users } from "../../db/schema/users.ts";
import type { UserActor } from "../../platform/actor.ts";
import { DEMO_PASSWORD } from "../../platform/passwords.ts";
import type { Role } from "../../platform/permissions.ts";
import { ensureSuperadmin } from "../admin/superadmin.ts";
import { register } from "../auth/service.ts";
import { createChallenge } from "../challenges/service.ts";
import { NewChallenge } from "../challenges/schema.ts";
import { createGoal } from "../goals/service.ts";
import { NewGoal } from "../goals/schema.ts";
import { handIn } from "../submissions/hand-in.ts";

const PEOPLE = [
  { username: "ana", displayName: "Ana Lima", timezone: "Europe/Lisbon", role: "student" },
  { username: "ben", displayName: "Ben Okafor", timezone: "Africa/Lagos", role: "student" },
  { username: "chidi", displayName: "Chidi Sato", timezone: "Asia/Tokyo", role: "student" },
  { username: "thea", displayName: "Thea Novak", timezone: "Europe/Prague", role: "teacher" },
] as const;

const GOAL = NewGoal.parse({
  title: "Hold a conversation in Spanish",
  description: "Ten minutes with a stranger, without English.",
  category: "languages",
  tags: ["spanish", "speaking"],
  visibility: "public",
  milestones: [
    { title: "Introduce myself" },
    { title: "Order a meal", weight: 2 },
    { title: "Tell a story in the past tense", weight: 3 },
  ],
});

/** Makes the superadmin and fills a database without other people through the same services that serve people. Returns false when there are others already. */
export async function seed(ctx: ServiceContext, which: "none" | "demo"): Promise<boolean> {
  await ensureSuperadmin(ctx);
  const [somebody] = await ctx.db.select({ id: users.id }).from(users).where(ne(users.role, "superadmin")).limit(1);
  if (somebody) return false;
  if (which === "none") return true;
  const people: UserActor[] = [];
  for (const one of PEOPLE) people.push(await person(ctx, { ...one, email: `${one.username}@guildhall.local` }));
  const [ana] = people;
  if (ana) await learn(ctx, ana);
  return true;
}

interface Who {
  email: string;
  username: string;
  displayName: string;
  timezone: string;
  role: Role;
}

async function person(ctx: ServiceContext, who: Who): Promise<UserActor> {
  const { role, ...profile } = who;
  const { user } = await register(ctx, { ...profile, password: DEMO_PASSWORD, remember: false });
  await ctx.db.update(users).set({ role, emailVerifiedAt: ctx.clock.now() }).where(eq(users.id, user.id));
  return {
    kind: "user",
    id: user.id,
    username: user.username,
    role,
    sessionId: "",
    tokenId: "",
    expiresAt: ctx.clock.now(),
  };
}

async function learn(ctx: ServiceContext, learner: UserActor): Promise<void> {
  const goal = await createGoal(ctx, learner, GOAL);
  const introduction = await createChallenge(
    ctx,
    learner,
    NewChallenge.parse({
      goalId: goal.id,
      title: "Introduce yourself in five sentences",
      kind: "text",
      points: 20,
      rules: { minWords: 10, mustInclude: ["me llamo"] },
      rubric: [{ criterion: "Grammar", description: "Verbs agree with their subject" }],
    }),
  );
  const text =
    "Hola, me llamo Ana. Soy de Lisboa y trabajo en una librería. Me gusta leer, y los domingos camino junto al mar con mi perro.";
  await handIn(ctx, learner, { challengeId: introduction.id, content: { text }, requestFeedback: true });
}
