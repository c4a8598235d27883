import { z } from "zod";
import type { ErrorCode } from "../../platform/errors.ts";
import { ERRORS } from "../../platform/errors.ts";
import { Person, Role, RoomInfo } from "./identity.ts";
import type { ServerFrameType, ServerPayloads } from "./protocol.ts";
import { Attachment, Status } from "./protocol.ts";

const Seq = z.int().min(0);
const At = z.iso.datetime();
const Present = Person.extend({ status: Status, connections: z.int() });
const Reaction = z.object({ emoji: z.string(), count: z.int(), mine: z.boolean() });
const ChatMessage = z.object({
  seq: Seq,
  id: z.string(),
  clientId: z.string(),
  author: Person,
  body: z.string().nullable(),
  replyTo: z.string().nullable(),
  attachments: z.array(Attachment),
  createdAt: At,
});
const Message = ChatMessage.extend({
  reactions: z.array(Reaction),
  pinnedAt: At.nullable(),
  pinnedBy: z.string().nullable(),
  editedAt: At.nullable(),
  deletedAt: At.nullable(),
});
const Typing = z.object({ userId: z.string(), username: z.string() });

/** What a room tells, by the type of the frame. */
export const SERVER_FRAMES = {
  welcome: z.object({
    room: RoomInfo.extend({ members: z.int(), role: Role, unread: z.int() }),
    self: Present.extend({ role: Role, mutedUntil: At.nullable() }),
    members: z.array(Present),
    online: z.int(),
    lastSeq: Seq,
    readSeq: Seq,
    blocked: z.array(z.string()),
  }),
  chat_message: ChatMessage,
  message_ack: z.object({ clientId: z.string(), seq: Seq, id: z.string() }),
  message_updated: z.object({ seq: Seq, message: Message }),
  message_deleted: z.object({ seq: Seq, messageId: z.string(), deletedBy: z.string(), deletedAt: At }),
  reaction_changed: z.object({
    seq: Seq,
    messageId: z.string(),
    emoji: z.string(),
    userId: z.string(),
    action: z.enum(["added", "removed"]),
    count: z.int(),
  }),
  user_typing: Typing,
  user_stopped_typing: Typing,
  presence_changed: z.object({
    userId: z.string(),
    status: z.enum([...Status.options, "offline"]),
    connections: z.int(),
  }),
  presence_summary: z.object({ online: z.int(), members: z.array(Present), complete: z.boolean() }),
  read_changed: z.object({ userId: z.string(), readSeq: Seq }),
  member_changed: z.object({
    seq: Seq,
    userId: z.string(),
    change: z.enum(["joined", "left", "role", "muted", "banned", "unbanned", "profile"]),
    user: Person.optional(),
    role: Role.optional(),
    mutedUntil: At.nullish(),
  }),
  room_changed: z.object({ seq: Seq, room: RoomInfo }),
  sync_complete: z.object({ lastSeq: Seq }),
  sync_reset: z.object({ lastSeq: Seq, messages: z.array(Message) }),
  error: z.looseObject({
    code: z.enum(Object.keys(ERRORS) as [ErrorCode]),
    message: z.string(),
    retryAfterMs: z.int().optional(),
    mutedUntil: At.optional(),
  }),
} satisfies { [T in ServerFrameType]: z.ZodType<ServerPayloads[T]> };
