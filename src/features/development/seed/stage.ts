import { eq } from "drizzle-orm";
import type { ServiceContext } from "../../../context.ts";
import { users } from "../../../db/schema/users.ts";
import type { UserActor } from "../../../platform/actor.ts";
import { DEMO_PASSWORD } from "../../../platform/passwords.ts";
import { Register } from "../../auth/schema.ts";
import { register } from "../../auth/service.ts";
import type { Challenge } from "../../challenges/schema.ts";
import { NewChallenge } from "../../challenges/schema.ts";
import { createChallenge } from "../../challenges/service.ts";
import { joinCircle } from "../../goals/circle.ts";
import type { Goal } from "../../goals/schema.ts";
import { NewGoal } from "../../goals/schema.ts";
import { createGoal } from "../../goals/service.ts";
import type { SeedGoal } from "./circle.ts";
import type { SeedPerson } from "./people.ts";
import { PEOPLE } from "./people.ts";

const DAY_MS = 86_400_000;
const ARRIVED_DAYS_AGO = 32;

/** Everybody and everything of the demo by key. */
export interface Stage {
  ctx: ServiceContext;
  people: Map<string, UserActor>;
  goals: Map<string, Goal>;
  challenges: Map<string, Challenge>;
  /** Ids of submissions. */
  works: Map<string, string>;
}

/** The same services on a day of the past: what they write bears its time, and the ledger grows in its order. */
export function daysAgo(ctx: ServiceContext, days: number): ServiceContext {
  const at = new Date(ctx.clock.now().getTime() - days * DAY_MS);
  return { ...ctx, clock: { now: () => at } };
}

export function known<T>(things: ReadonlyMap<string, T>, key: string): T {
  const thing = things.get(key);
  if (thing === undefined) throw new Error(`the demo knows no ${key}`);
  return thing;
}

export async function arrive({ ctx, people }: Stage): Promise<void> {
  const past = daysAgo(ctx, ARRIVED_DAYS_AGO);
  const codes = new Map<string, string>();
  for (const [username, { role, bio, skills, interests, invitedBy, ...profile }] of Object.entries<SeedPerson>(
    PEOPLE,
  )) {
    const referralCode = invitedBy === undefined ? undefined : known(codes, invitedBy);
    const account = { email: `${username}@guildhall.local`, username, password: DEMO_PASSWORD, referralCode };
    const { user } = await register(past, Register.parse({ ...account, ...profile }));
    const arrived = { role, bio, skills: [...skills], interests: [...interests], emailVerifiedAt: past.clock.now() };
    await ctx.db.update(users).set(arrived).where(eq(users.id, user.id));
    codes.set(username, user.referralCode);
    const session = { sessionId: "", tokenId: "", expiresAt: ctx.clock.now() };
    people.set(username, { kind: "user", id: user.id, username, role, ...session });
  }
}

/** Sets a goal, gathers its circle, and gives it what there is to do. */
export async function setGoal(stage: Stage, { key, owner, goal, members, challenges, ...when }: SeedGoal) {
  const past = daysAgo(stage.ctx, when.daysAgo);
  const made = await createGoal(past, known(stage.people, owner), NewGoal.parse(goal));
  stage.goals.set(key, made);
  await Promise.all(members.map((member) => joinCircle(past, known(stage.people, member), made.id)));
  for (const one of challenges) {
    const milestoneId = one.milestone === undefined ? null : made.milestones[one.milestone]?.id;
    const dueAt = one.dueInDays === undefined ? null : daysAgo(stage.ctx, -one.dueInDays).clock.now().toISOString();
    const input = NewChallenge.parse({ ...one.fields, goalId: made.id, milestoneId, dueAt });
    stage.challenges.set(one.key, await createChallenge(past, known(stage.people, one.by), input));
  }
}
