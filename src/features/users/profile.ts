import { z } from "@hono/zod-openapi";
import { EarnedAchievement } from "../achievements/schema.ts";
import { Text } from "../../platform/text.ts";
import { Streak } from "../xp/schema.ts";
import { levelOf } from "../xp/rules.ts";
import { AvatarUrl, Interests, Locale, Name, Phone, Timezone, Username } from "./fields.ts";
import type { UserRow } from "./schema.ts";
import { Person, Privacy, toPublicUser } from "./schema.ts";

const always = {
  username: Username.optional(),
  displayName: Name.optional(),
  locale: Locale.optional(),
  timezone: Timezone.optional(),
  privacy: Privacy.partial().optional(),
};

const Bio = Text(0, 1000);

/** Only what is named changes; null empties a field. */
export const ProfilePatch = z
  .object({
    ...always,
    firstName: Name.nullable().optional(),
    lastName: Name.nullable().optional(),
    phone: Phone.nullable().optional(),
    bio: Bio.nullable().optional(),
    avatarUrl: AvatarUrl.nullable().optional(),
    skills: Interests.optional(),
    interests: Interests.optional(),
  })
  .openapi("ProfilePatch", { example: { bio: "Learning Spanish, slowly.", timezone: "Europe/Lisbon" } });
export type ProfilePatch = z.output<typeof ProfilePatch>;

export const ProfileReplacement = z
  .object({
    ...always,
    firstName: Name.nullable().default(null),
    lastName: Name.nullable().default(null),
    phone: Phone.nullable().default(null),
    bio: Bio.nullable().default(null),
    avatarUrl: AvatarUrl.nullable().default(null),
    skills: Interests.default([]),
    interests: Interests.default([]),
  })
  .openapi("ProfileReplacement", {
    description:
      "What is left out becomes empty, except what everybody has: username, displayName, locale, timezone and privacy stay as they are.",
    example: { displayName: "Mei", bio: "Learning Spanish, slowly.", skills: ["writing"], interests: ["languages"] },
  });
export type ProfileReplacement = z.output<typeof ProfileReplacement>;

export const PublicProfile = Person.extend({
  firstName: z.string().nullable().openapi({ description: "Null also when the person does not show their name." }),
  lastName: z.string().nullable(),
  bio: z.string().nullable(),
  roles: z.array(z.enum(["teacher", "admin"])).openapi({ description: "Badges of office; empty for learners." }),
  skills: z.array(z.string()),
  interests: z.array(z.string()),
  level: z.int(),
  xp: z.int(),
  streak: Streak.pick({ current: true, longest: true })
    .nullable()
    .openapi({ description: "Null when the person does not show their activity." }),
  badges: z.array(EarnedAchievement).openapi({ description: "Newest first; empty when the activity is not shown." }),
  createdAt: z.iso.datetime(),
}).openapi("PublicProfile", {
  example: {
    id: "0199aa11-2233-7444-8555-66778899aabb",
    username: "ana",
    displayName: "Ana",
    avatarUrl: null,
    firstName: null,
    lastName: null,
    bio: "Learning Spanish, slowly.",
    roles: [],
    skills: ["writing"],
    interests: ["languages"],
    level: 4,
    xp: 1250,
    streak: { current: 6, longest: 21 },
    badges: [],
    createdAt: "2026-11-21T10:00:00.000Z",
  },
});
export type PublicProfile = z.infer<typeof PublicProfile>;

const OFFICES = { student: [], teacher: ["teacher"], admin: ["admin"], superadmin: ["admin"] } as const;

export function toPublicProfile(
  row: UserRow,
  streak: { current: number; longest: number },
  badges: readonly EarnedAchievement[],
): PublicProfile {
  const { showName, showActivity } = row.privacy;
  return {
    ...toPublicUser(row),
    firstName: showName ? row.firstName : null,
    lastName: showName ? row.lastName : null,
    bio: row.bio,
    roles: [...OFFICES[row.role]],
    skills: row.skills,
    interests: row.interests,
    level: levelOf(row.xp).level,
    xp: row.xp,
    streak: showActivity ? { current: streak.current, longest: streak.longest } : null,
    badges: showActivity ? [...badges] : [],
    createdAt: row.createdAt.toISOString(),
  };
}
