import type { ServiceContext } from "../../context.ts";
import { newId } from "../../platform/ids.ts";
import type { UserRow } from "../users/schema.ts";

/** What is known of somebody when their account is made. */
export interface NewAccount {
  email: string;
  username: string;
  /** Null for those who come in another way. */
  passwordHash: string | null;
  emailVerifiedAt?: Date | null;
  displayName?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  phone?: string | undefined;
  locale?: string | undefined;
  timezone?: string | undefined;
  avatarUrl?: string | null;
  role?: UserRow["role"];
}

/** The row of a new account; whoever inserts it catches what is taken. */
export function newUser(ctx: Pick<ServiceContext, "clock">, account: NewAccount): UserRow {
  const { email, username, passwordHash, firstName, lastName } = account;
  const now = ctx.clock.now();
  return {
    id: newId(),
    email,
    emailVerifiedAt: account.emailVerifiedAt ?? null,
    username,
    passwordHash,
    displayName: account.displayName ?? ([firstName, lastName].filter(Boolean).join(" ") || username),
    firstName: firstName ?? null,
    lastName: lastName ?? null,
    phone: account.phone ?? null,
    bio: null,
    avatarUrl: account.avatarUrl ?? null,
    locale: account.locale ?? "en",
    timezone: account.timezone ?? "UTC",
    role: account.role ?? "student",
    status: "active",
    skills: [],
    interests: [],
    privacy: { showProfile: true, showName: true, showActivity: true, showOnLeaderboards: true },
    referralCode: referralCode(),
    referredBy: null,
    xp: 0,
    createdAt: now,
    updatedAt: now,
    lastLoginAt: null,
    version: 1,
    mustChangePassword: false,
    deletedAt: null,
  };
}

const CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

const referralCode = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => CODE_ALPHABET[byte % CODE_ALPHABET.length]).join("");
