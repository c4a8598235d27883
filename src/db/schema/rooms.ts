import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { instant, oneOf } from "./columns.ts";
import { goals } from "./goals.ts";
import { users } from "./users.ts";

export const ROOM_KINDS = ["public", "private", "direct", "goal", "project"] as const;
export const ROOM_ROLES = ["owner", "moderator", "member"] as const;
export const MEMBERSHIPS = ["invited", "joined", "banned"] as const;

export const rooms = sqliteTable(
  "rooms",
  {
    id: text("id").primaryKey(),
    kind: text("kind", { enum: ROOM_KINDS }).notNull(),
    name: text("name").notNull(),
    topic: text("topic"),
    /** Both user ids in order for a direct room, so that two people have one room. */
    directKey: text("direct_key"),
    slowModeSeconds: integer("slow_mode_seconds").notNull().default(0),
    retentionDays: integer("retention_days"),
    /** How many objects hold the sockets of this room; null: as many as its size asks for. */
    relays: integer("relays"),
    createdBy: text("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("rooms_direct_key").on(t.directKey),
    index("rooms_kind").on(t.kind, t.id),
    index("rooms_created_by").on(t.createdBy),
    oneOf("rooms_kind_known", t.kind, ROOM_KINDS),
    check("rooms_slow_mode_range", sql`${t.slowModeSeconds} BETWEEN 0 AND 86400`),
  ],
);

export const roomMembers = sqliteTable(
  "room_members",
  {
    roomId: text("room_id")
      .notNull()
      .references(() => rooms.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text("role", { enum: ROOM_ROLES }).notNull().default("member"),
    state: text("state", { enum: MEMBERSHIPS }).notNull().default("joined"),
    mutedUntil: instant("muted_until"),
    joinedAt: instant("joined_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.roomId, t.userId] }),
    index("room_members_user").on(t.userId, t.state, t.roomId),
    oneOf("room_members_role_known", t.role, ROOM_ROLES),
    oneOf("room_members_state_known", t.state, MEMBERSHIPS),
  ],
);

/** The room where the circle of a goal meets. A room whose goal is gone stays with its people. */
export const circleRooms = sqliteTable(
  "circle_rooms",
  {
    goalId: text("goal_id")
      .primaryKey()
      .references(() => goals.id, { onDelete: "cascade" }),
    roomId: text("room_id")
      .notNull()
      .references(() => rooms.id, { onDelete: "cascade" }),
  },
  (t) => [uniqueIndex("circle_rooms_room").on(t.roomId)],
);

/** Who once was in a room that they have left: their words are still there, to be exported and made anonymous. Filled by a trigger. */
export const formerMembers = sqliteTable(
  "former_members",
  {
    roomId: text("room_id")
      .notNull()
      .references(() => rooms.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
  },
  (t) => [primaryKey({ columns: [t.roomId, t.userId] }), index("former_members_user").on(t.userId)],
);
