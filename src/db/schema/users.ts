import { sql } from "drizzle-orm";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";

export const ROLES = ["student", "teacher", "admin", "superadmin"] as const;
export const USER_STATUSES = ["active", "suspended"] as const;

export interface Privacy {
  showProfile: boolean;
  showName: boolean;
  showActivity: boolean;
  showOnLeaderboards: boolean;
}

export const users = sqliteTable(
  "users",
  {
    id: text("id").primaryKey(),
    email: text("email").notNull(),
    emailVerifiedAt: instant("email_verified_at"),
    username: text("username").notNull(),
    passwordHash: text("password_hash"),
    displayName: text("display_name").notNull(),
    firstName: text("first_name"),
    lastName: text("last_name"),
    phone: text("phone"),
    bio: text("bio"),
    avatarUrl: text("avatar_url"),
    locale: text("locale").notNull().default("en"),
    timezone: text("timezone").notNull().default("UTC"),
    role: text("role", { enum: ROLES }).notNull().default("student"),
    status: text("status", { enum: USER_STATUSES }).notNull().default("active"),
    skills: text("skills", { mode: "json" }).$type<string[]>().notNull().default([]),
    interests: text("interests", { mode: "json" }).$type<string[]>().notNull().default([]),
    privacy: text("privacy", { mode: "json" }).$type<Privacy>().notNull(),
    referralCode: text("referral_code").notNull(),
    referredBy: text("referred_by").references((): AnySQLiteColumn => users.id, { onDelete: "set null" }),
    xp: integer("xp").notNull().default(0),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    lastLoginAt: instant("last_login_at"),
    /** Counts changes of the profile, role and status, so that of two writers one is told. */
    version: integer("version").notNull().default(1),
    /** Signed in with a password that others know; nothing else is allowed until it is changed. */
    mustChangePassword: integer("must_change_password", { mode: "boolean" }).notNull().default(false),
    /** A tombstone: the row stays for what others see of the person's work, without anything personal. It is suspended too. */
    deletedAt: instant("deleted_at"),
  },
  (t) => [
    uniqueIndex("users_email").on(t.email),
    uniqueIndex("users_username").on(t.username),
    uniqueIndex("users_referral_code").on(t.referralCode),
    index("users_referred_by").on(t.referredBy),
    index("users_by_role")
      .on(t.role, t.id)
      .where(sql`${t.deletedAt} IS NULL`),
    index("users_by_status")
      .on(t.status, t.id)
      .where(sql`${t.deletedAt} IS NULL`),
    index("users_by_role_and_status")
      .on(t.role, t.status, t.id)
      .where(sql`${t.deletedAt} IS NULL`),
    oneOf("users_role_known", t.role, ROLES),
    oneOf("users_status_known", t.status, USER_STATUSES),
  ],
);
