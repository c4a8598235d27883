import { z } from "zod";
import { normalizeEmoji } from "../../platform/emoji.ts";
import type { ErrorCode } from "../../platform/errors.ts";
import type { Person, Role, RoomInfo } from "./identity.ts";

export const MAX_FRAME_BYTES = 16_384;
const MAX_BODY_CODE_POINTS = 4000;
const MAX_ATTACHMENTS = 10;
/** `/api/v1/rooms/<room>/uploads/<who>/<file>` */
const UPLOAD_PATH = /^\/api\/v1\/rooms\/[\w-]{1,64}\/uploads\/[\w-]{1,64}\/[\w-]{1,64}$/;

const isHttpsUrl = (text: string): boolean => URL.parse(text)?.protocol === "https:";

export const Ref = z.union([z.string().max(128), z.number()]);
export type Ref = z.infer<typeof Ref>;

export const MessageBody = z
  .string()
  .normalize("NFC")
  .trim()
  .refine((text) => text.length > 0, "must not be empty")
  .refine(
    (text) => Array.from(text).length <= MAX_BODY_CODE_POINTS,
    `must have at most ${MAX_BODY_CODE_POINTS} characters`,
  )
  .refine((text) => text.isWellFormed() && !text.includes("\0"), "must be well-formed text");

export const ClientId = z.string().regex(/^[\x20-\x7e]{1,128}$/, "must be 1–128 printable ASCII characters");

const MessageId = z.string().min(1).max(64);

const Emoji = z
  .string()
  .max(64)
  .transform((text, issues) => {
    const emoji = normalizeEmoji(text);
    if (emoji !== null) return emoji;
    issues.addIssue({ code: "custom", message: "must be one emoji" });
    return z.NEVER;
  });

/** A link with what is behind it: on any host by https, or a file of this API by its path. */
export const Attachment = z.object({
  url: z
    .string()
    .max(2048)
    .refine((url) => isHttpsUrl(url) || UPLOAD_PATH.test(url), "must be an https URL or the path of an upload"),
  type: z.string().regex(/^[\w.+-]{1,127}\/[\w.+-]{1,127}$/, "must be a media type"),
  size: z.int().min(0),
  name: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .refine((text) => text.isWellFormed() && !text.includes("\0"), "must be well-formed text"),
});
export type Attachment = z.infer<typeof Attachment>;

export const Draft = z.object({
  clientId: ClientId,
  body: MessageBody,
  replyTo: MessageId.nullish().transform((id) => id ?? null),
  attachments: z.array(Attachment).max(MAX_ATTACHMENTS).optional(),
});
export type Draft = z.infer<typeof Draft>;

export const Edit = z.object({ messageId: MessageId, body: MessageBody });
export type Edit = z.infer<typeof Edit>;

export const Reaction = z.object({ messageId: MessageId, emoji: Emoji });
export type Reaction = z.infer<typeof Reaction>;

export const Status = z.enum(["online", "away", "busy"]);
export type Status = z.infer<typeof Status>;

const frame = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.object({ type: z.literal(type), payload, ref: Ref.optional() });

const Seq = z.int().min(0);
const Nothing = z.looseObject({}).nullish();

export const ClientFrame = z.discriminatedUnion("type", [
  frame("send_message", Draft),
  frame("edit_message", Edit),
  frame("delete_message", z.object({ messageId: MessageId })),
  frame("add_reaction", Reaction),
  frame("remove_reaction", Reaction),
  frame("typing_start", Nothing),
  frame("typing_stop", Nothing),
  frame("mark_read", z.object({ seq: Seq })),
  frame("set_status", z.object({ status: Status })),
  frame("sync", z.object({ after: Seq })),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

export interface ReactionCount {
  emoji: string;
  count: number;
  mine: boolean;
}

export interface Message {
  id: string;
  seq: number;
  clientId: string;
  author: Person;
  body: string | null;
  replyTo: string | null;
  attachments: Attachment[];
  reactions: ReactionCount[];
  pinnedAt: string | null;
  pinnedBy: string | null;
  editedAt: string | null;
  deletedAt: string | null;
  createdAt: string;
}

export type ChatMessage = Pick<
  Message,
  "seq" | "id" | "clientId" | "author" | "body" | "replyTo" | "attachments" | "createdAt"
>;

export interface Present extends Person {
  status: Status;
  connections: number;
}

export interface MemberChange {
  userId: string;
  change: "joined" | "left" | "role" | "muted" | "banned" | "unbanned" | "profile";
  user?: Person | undefined;
  role?: Role | undefined;
  mutedUntil?: string | null | undefined;
}

export interface ServerPayloads {
  welcome: {
    room: RoomInfo & { members: number; role: Role; unread: number };
    self: Present & { role: Role; mutedUntil: string | null };
    members: Present[];
    online: number;
    lastSeq: number;
    readSeq: number;
    blocked: string[];
  };
  chat_message: ChatMessage;
  message_ack: { clientId: string; seq: number; id: string };
  message_updated: { seq: number; message: Message };
  message_deleted: { seq: number; messageId: string; deletedBy: string; deletedAt: string };
  reaction_changed: {
    seq: number;
    messageId: string;
    emoji: string;
    userId: string;
    action: "added" | "removed";
    count: number;
  };
  user_typing: { userId: string; username: string };
  user_stopped_typing: { userId: string; username: string };
  presence_changed: { userId: string; status: Status | "offline"; connections: number };
  /** In place of `presence_changed` while more people are here than a list can show; `complete`: all are in it. */
  presence_summary: { online: number; members: Present[]; complete: boolean };
  read_changed: { userId: string; readSeq: number };
  member_changed: MemberChange & { seq: number };
  room_changed: { seq: number; room: RoomInfo };
  sync_complete: { lastSeq: number };
  sync_reset: { lastSeq: number; messages: Message[] };
  error: { code: ErrorCode; message: string; [detail: string]: unknown };
}

export type ServerFrameType = keyof ServerPayloads;

/** The text of one frame. `at` is in ms; `ref` is repeated only to the socket whose request this answers. */
export const encode = <T extends ServerFrameType>(type: T, payload: ServerPayloads[T], at: number, ref?: Ref): string =>
  JSON.stringify({ type, payload, timestamp: new Date(at).toISOString(), ...(ref === undefined ? {} : { ref }) });
