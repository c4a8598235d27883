import { z } from "@hono/zod-openapi";
import { Id } from "../../platform/ids.ts";
import { Limit } from "../../platform/paging.ts";
import { Text } from "../../platform/text.ts";
import { normalizeEmoji } from "../../platform/emoji.ts";

const Author = z
  .object({ id: z.uuid(), username: z.string(), avatarUrl: z.string().nullable() })
  .openapi("Author", { example: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ana", avatarUrl: null } });

const isHttps = (url: string): boolean => URL.parse(url)?.protocol === "https:";
const UPLOAD_PATH = /^\/api\/v1\/rooms\/[\w-]{1,64}\/uploads\/[\w-]{1,64}\/[\w-]{1,64}$/u;

export const MediaType = z
  .string()
  .regex(/^[\w.+-]{1,127}\/[\w.+-]{1,127}$/u, { error: "a media type" })
  .openapi({ example: "application/pdf" });

export const Attachment = z
  .object({
    url: z
      .string()
      .max(2048)
      .refine((url) => isHttps(url) || UPLOAD_PATH.test(url), { error: "an https URL, or the path of an upload" }),
    type: MediaType,
    size: z.int().min(0).openapi({ description: "In bytes." }),
    name: Text(1, 255),
  })
  .openapi("Attachment", {
    example: { url: "https://example.org/notes.pdf", type: "application/pdf", size: 48_213, name: "notes.pdf" },
  });

export const Message = z
  .object({
    id: z.uuid(),
    seq: z.int().openapi({ description: "Its number among everything that happened in the room." }),
    clientId: z.string(),
    author: Author,
    body: z.string().nullable().openapi({ description: "Null once it is deleted; its place stays." }),
    replyTo: z.uuid().nullable(),
    attachments: z.array(Attachment),
    reactions: z.array(z.object({ emoji: z.string(), count: z.int(), mine: z.boolean() })),
    editedAt: z.iso.datetime().nullable(),
    pinnedAt: z.iso.datetime().nullable(),
    pinnedBy: z.string().nullable().openapi({ description: "The id of who pinned it." }),
    deletedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    blocked: z
      .boolean()
      .optional()
      .openapi({ description: "Whether the reader has blocked its author; not in frames." }),
  })
  .openapi("Message", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabc",
      seq: 12,
      clientId: "c-1",
      author: { id: "0199aa11-2233-7444-8555-66778899aabb", username: "ana", avatarUrl: null },
      body: "Who is reading chapter three tonight?",
      replyTo: null,
      attachments: [],
      reactions: [{ emoji: "👍", count: 2, mine: false }],
      editedAt: null,
      pinnedAt: null,
      pinnedBy: null,
      deletedAt: null,
      createdAt: "2026-11-21T10:00:00.000Z",
      blocked: false,
    },
  });
export type Message = z.infer<typeof Message>;

const Body = Text(1, 4000);

export const NewMessage = z
  .object({
    clientId: z.string().regex(/^[\x20-\x7e]{1,128}$/u, { error: "1 to 128 printable ASCII characters" }),
    body: Body,
    replyTo: Id.nullable().default(null),
    attachments: z.array(Attachment).max(10).optional(),
  })
  .openapi("NewMessage", {
    example: { clientId: "c-1", body: "Who is reading chapter three tonight?", replyTo: null },
  });
export type NewMessage = z.output<typeof NewMessage>;

export const MessageEdit = z
  .object({ body: Body })
  .openapi("MessageEdit", { example: { body: "Who is reading chapter four?" } });

const seq = (description: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/u, { error: "a seq" })
    .transform(Number)
    .optional()
    .openapi({ type: "integer", minimum: 0, description });

export const HistoryParams = z
  .object({
    before: seq("Messages before this seq."),
    after: seq("Messages after this seq."),
    around: seq("Messages around this seq."),
    cursor: z.string().max(500).optional().openapi({
      description: "`meta.pagination.nextCursor` of the page before: goes on in its direction, whatever else is asked.",
    }),
    limit: Limit,
  })
  .refine(({ before, after, around }) => [before, after, around].filter((at) => at !== undefined).length <= 1, {
    error: "at most one of before, after and around",
  });
export type HistoryParams = z.output<typeof HistoryParams>;

export const Emoji = z
  .string()
  .max(64)
  .transform((text, issues) => {
    const emoji = normalizeEmoji(text);
    if (emoji !== null) return emoji;
    issues.addIssue({ code: "custom", message: "one emoji" });
    return z.NEVER;
  })
  .openapi({ type: "string", example: "👍", param: { name: "emoji", in: "path" } });

export const ReactionChange = z
  .object({
    seq: z.int(),
    messageId: z.uuid(),
    emoji: z.string(),
    userId: z.uuid(),
    action: z.enum(["added", "removed"]),
    count: z.int(),
  })
  .openapi("ReactionChange");

export const ReadMark = z.object({ seq: z.int().min(0) }).openapi("ReadMark", { example: { seq: 12 } });
export const ReadState = z.object({ readSeq: z.int() }).openapi("ReadState", { example: { readSeq: 12 } });
