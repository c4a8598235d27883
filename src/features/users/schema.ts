import { sql } from "drizzle-orm";
import { z } from "@hono/zod-openapi";
import { ROLES, USER_STATUSES, users } from "../../db/schema/users.ts";
import { levelOf } from "../xp/rules.ts";

export const Privacy = z.object({
  showProfile: z.boolean(),
  showName: z.boolean(),
  showActivity: z.boolean(),
  showOnLeaderboards: z.boolean(),
});

export const User = z
  .object({
    id: z.uuid(),
    email: z.email(),
    emailVerified: z.boolean(),
    username: z.string(),
    displayName: z.string(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    phone: z.string().nullable(),
    bio: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    locale: z.string(),
    timezone: z.string(),
    roles: z.array(z.enum(ROLES)),
    status: z.enum(USER_STATUSES),
    skills: z.array(z.string()),
    interests: z.array(z.string()),
    referralCode: z.string(),
    privacy: Privacy,
    createdAt: z.iso.datetime(),
    lastLoginAt: z.iso.datetime().nullable(),
    xp: z.int(),
    level: z.int(),
  })
  .openapi("User", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      email: "ana@guildhall.local",
      emailVerified: true,
      username: "ana",
      displayName: "Ana",
      firstName: "Ana",
      lastName: "Lima",
      phone: null,
      bio: "Learning Spanish, slowly.",
      avatarUrl: null,
      locale: "en",
      timezone: "Europe/Lisbon",
      roles: ["student"],
      status: "active",
      skills: ["writing"],
      interests: ["languages"],
      referralCode: "K7Q2M9XA",
      privacy: { showProfile: true, showName: true, showActivity: true, showOnLeaderboards: true },
      createdAt: "2026-11-21T10:00:00.000Z",
      lastLoginAt: "2026-11-21T10:00:00.000Z",
      xp: 130,
      level: 2,
    },
  });
export type User = z.infer<typeof User>;

export type UserRow = typeof users.$inferSelect;

/** The user as they see themselves. */
export const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  emailVerified: row.emailVerifiedAt !== null,
  username: row.username,
  displayName: row.displayName,
  firstName: row.firstName,
  lastName: row.lastName,
  phone: row.phone,
  bio: row.bio,
  avatarUrl: row.avatarUrl,
  locale: row.locale,
  timezone: row.timezone,
  roles: [row.role],
  status: row.status,
  skills: row.skills,
  interests: row.interests,
  referralCode: row.referralCode,
  privacy: row.privacy,
  createdAt: row.createdAt.toISOString(),
  lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
  xp: row.xp,
  level: levelOf(row.xp).level,
});

/** How somebody else appears beside what they did. */
export const Person = z
  .object({ id: z.uuid(), username: z.string(), displayName: z.string(), avatarUrl: z.string().nullable() })
  .openapi("Person", {
    example: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ana", displayName: "Ana", avatarUrl: null },
  });
export type Person = z.infer<typeof Person>;

/** The name that somebody goes by before others, in a select; `toPublicUser` says the same of a row. */
export const shownName =
  sql<string>`CASE WHEN ${users.privacy} ->> 'showName' THEN ${users.displayName} ELSE ${users.username} END`.as(
    "shown_name",
  );

/** What `toPublicUser` needs of somebody; to be spread into a select. */
export const publicUserColumns = {
  id: users.id,
  username: users.username,
  displayName: users.displayName,
  avatarUrl: users.avatarUrl,
  privacy: users.privacy,
};

/** Somebody as everybody else sees them. */
export const toPublicUser = (
  row: Pick<UserRow, "id" | "username" | "displayName" | "avatarUrl" | "privacy">,
): Person => ({
  id: row.id,
  username: row.username,
  displayName: row.privacy.showName ? row.displayName : row.username,
  avatarUrl: row.avatarUrl,
});
