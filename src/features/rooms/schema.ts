import { z } from "@hono/zod-openapi";
import { ROOM_KINDS, ROOM_ROLES } from "../../db/schema/rooms.ts";
import { Text } from "../../platform/text.ts";
import { Message } from "../messages/schema.ts";
import { MOST_RELAYS } from "./rules.ts";
import { Username } from "../users/fields.ts";
import { Person } from "../users/schema.ts";

export const Room = z
  .object({
    id: z.uuid(),
    kind: z.enum(ROOM_KINDS),
    name: z.string(),
    topic: z.string().nullable(),
    members: z.int(),
    lastMessage: Message.nullable(),
    unread: z.int().openapi({ description: "Others' messages after my read mark, counted up to 1,000." }),
    role: z.enum(ROOM_ROLES).nullable().openapi({ description: "Mine; null when I am not a member." }),
    membership: z.enum(["joined", "invited"]).nullable(),
    slowModeSeconds: z.int(),
    retentionDays: z
      .int()
      .nullable()
      .openapi({ description: "Days after which what was said is forgotten; null: never." }),
    relays: z
      .int()
      .nullable()
      .openapi({ description: "How many objects hold its sockets; null: as many as its size asks for." }),
    goalId: z.uuid().nullable().openapi({ description: "The goal whose circle meets here." }),
    createdAt: z.iso.datetime(),
  })
  .openapi("Room", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      kind: "public",
      name: "Night readers",
      topic: "One chapter a night",
      members: 12,
      lastMessage: null,
      unread: 0,
      role: "member",
      membership: "joined",
      slowModeSeconds: 0,
      retentionDays: null,
      relays: null,
      goalId: null,
      createdAt: "2026-11-21T10:00:00.000Z",
    },
  });
export type Room = z.infer<typeof Room>;

const Name = Text(1, 80);
const Topic = Text(0, 500);
const SlowMode = z.int().min(0).max(86_400);

export const NewRoom = z
  .object({
    kind: z.enum(["public", "private"]),
    name: Name,
    topic: Topic.nullable().default(null),
    slowModeSeconds: SlowMode.default(0),
  })
  .openapi("NewRoom", {
    example: { kind: "public", name: "Night readers", topic: "One chapter a night", slowModeSeconds: 0 },
  });
export type NewRoom = z.output<typeof NewRoom>;

export const RoomPatch = z
  .object({
    name: Name.optional(),
    topic: Topic.nullable().optional(),
    slowModeSeconds: SlowMode.optional(),
    retentionDays: z.int().min(1).max(3650).nullable().optional(),
    relays: z.int().min(0).max(MOST_RELAYS).nullable().optional().openapi({
      description: "For administrators: spreads new sockets over so many objects; null: by the room's size.",
    }),
  })
  .openapi("RoomPatch", { example: { topic: "Two chapters a night", slowModeSeconds: 10 } });
export type RoomPatch = z.output<typeof RoomPatch>;

export const RoomFilters = z.object({
  mine: z
    .enum(["true", "false"])
    .optional()
    .openapi({ description: "`true`: rooms I am in or invited to. Otherwise public rooms." }),
  q: Text(1, 80).optional().openapi({ description: "Part of the name." }),
});
export type RoomFilters = z.output<typeof RoomFilters>;

export const Member = z
  .object({
    user: Person,
    role: z.enum(ROOM_ROLES),
    membership: z
      .enum(["joined", "invited", "banned"])
      .nullable()
      .openapi({ description: "Null when no longer in the room." }),
    mutedUntil: z.iso.datetime().nullable().openapi({ example: null }),
    joinedAt: z.iso.datetime().nullable(),
  })
  .openapi("Member", {
    example: {
      user: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ben", displayName: "Ben", avatarUrl: null },
      role: "member",
      membership: "joined",
      mutedUntil: null,
      joinedAt: "2026-11-21T10:00:00.000Z",
    },
  });
export type Member = z.infer<typeof Member>;

export const MemberPatch = z
  .object({
    role: z.enum(["moderator", "member"]).optional(),
    mutedUntil: z.iso.datetime({ offset: true }).nullable().optional(),
    banned: z.boolean().optional(),
  })
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), {
    error: "at least one of role, mutedUntil, banned",
  })
  .openapi("MemberPatch", { example: { role: "moderator" } });
export type MemberPatch = z.output<typeof MemberPatch>;

export const ByUsername = z.object({ username: Username }).openapi("ByUsername", { example: { username: "ben" } });

export const Present = z
  .object({
    id: z.uuid(),
    username: z.string(),
    avatarUrl: z.string().nullable(),
    status: z.enum(["online", "away", "busy"]),
    connections: z.int(),
  })
  .openapi("Present", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      username: "ben",
      avatarUrl: null,
      status: "online",
      connections: 2,
    },
  });
export type Present = z.infer<typeof Present>;
