import { z } from "zod";

export const IDENTITY_HEADER = "x-guildhall-identity";

export const Person = z.object({ id: z.string(), username: z.string(), avatarUrl: z.string().nullable() });
export type Person = z.infer<typeof Person>;

export const RoomInfo = z.object({
  id: z.string(),
  kind: z.enum(["public", "private", "direct", "goal", "project"]),
  name: z.string().nullable(),
  topic: z.string().nullable(),
  slowModeSeconds: z.number().int(),
  /** Days after which words are forgotten; null or nothing: never. */
  retentionDays: z.number().int().nullable().optional(),
});
export type RoomInfo = z.infer<typeof RoomInfo>;

export const Role = z.enum(["owner", "moderator", "member"]);
export type Role = z.infer<typeof Role>;

/** Somebody who may act in the room, as the Worker vouches for them. Instants are in ms. */
export const Speaker = z.object({
  user: Person,
  role: Role,
  mutedUntil: z.number().nullable(),
  rateLimits: z.boolean(),
});
export type Speaker = z.infer<typeof Speaker>;

/** What the Worker vouches for when it passes a socket on; `expiresAt` (ms) is the end of the access token. */
export const Identity = Speaker.extend({
  room: RoomInfo,
  members: z.number().int(),
  sessionId: z.string(),
  after: z.number().int().min(0).nullable(),
  expiresAt: z.number(),
  /** Whom this person has blocked: their client hides what these say. */
  blocked: z.array(z.string()).optional(),
  subprotocol: z.string().optional(),
});
export type Identity = z.infer<typeof Identity>;

/** Percent-encoded, since header values are Latin-1 and room names are not. */
export const encodeIdentity = (identity: Identity): string => encodeURIComponent(JSON.stringify(identity));

export function decodeIdentity(header: string | null): Identity | undefined {
  if (header === null) return undefined;
  const parsed = Identity.safeParse(JSON.parse(decodeURIComponent(header)));
  return parsed.data;
}
