import { z } from "@hono/zod-openapi";
import { DELIVERY_STATUSES, DIGESTS, NOTIFICATION_KINDS } from "../../db/schema/notifications.ts";
import { Id } from "../../platform/ids.ts";

const ID = "0199aa11-2233-7444-8555-66778899aabb";

export const Notification = z
  .object({
    id: z.uuid(),
    kind: z.enum(NOTIFICATION_KINDS),
    title: z.string().openapi({ description: "In the reader's language at the time." }),
    body: z.string(),
    url: z.string().openapi({ description: "A path of the app." }),
    data: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .openapi({ description: "Ids and numbers of what it is about." }),
    createdAt: z.iso.datetime(),
    readAt: z.iso.datetime().nullable(),
  })
  .openapi("Notification", {
    example: {
      id: ID,
      kind: "submission_decided",
      title: "Your work was accepted",
      body: "“Introduce yourself” is done. Have a look at what was said about it.",
      url: `/submissions/${ID}`,
      data: { submissionId: ID, challengeId: ID, status: "accepted" },
      createdAt: "2026-11-21T10:00:00.000Z",
      readAt: null,
    },
  });
export type Notification = z.infer<typeof Notification>;

export const NotificationQuery = z.object({
  unread: z
    .enum(["true", "false"])
    .transform((value) => value === "true")
    .optional()
    .openapi({ type: "boolean", description: "`true`: only those that were not read yet." }),
});

export const UnreadCount = z.object({ count: z.int() }).openapi("UnreadCount", { example: { count: 3 } });
export type UnreadCount = z.infer<typeof UnreadCount>;

export const ReadRequest = z
  .object({ ids: z.array(Id).min(1).max(100).optional(), all: z.literal(true).optional() })
  .refine(({ ids, all }) => ids !== undefined || all === true, { error: "ids, or all: true" })
  .openapi("ReadNotifications", { example: { ids: [ID] } });
export type ReadRequest = z.output<typeof ReadRequest>;

const Choice = z.object({ inApp: z.boolean(), email: z.boolean(), push: z.boolean() });
const time = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/u, { error: "HH:MM" })
  .openapi({ example: "22:00" });

const QuietHours = z
  .object({ from: time, to: time })
  .refine(({ from, to }) => from !== to, { error: "from and to must differ", path: ["to"] })
  .nullable()
  .openapi({ description: "In your zone; mails and pushes wait until they are over. `to` may be the next morning." });

const Digest = z.enum(DIGESTS).openapi({
  description:
    "Mails of a day or a week in one, at eight in the morning; what is worth nothing tomorrow is mailed at once.",
});

const kinds = <T extends z.ZodType>(schema: T) =>
  z.object(
    Object.fromEntries(NOTIFICATION_KINDS.map((kind) => [kind, schema])) as Record<
      (typeof NOTIFICATION_KINDS)[number],
      T
    >,
  );

const EXAMPLE = {
  channels: Object.fromEntries(NOTIFICATION_KINDS.map((kind) => [kind, { inApp: true, email: true, push: true }])),
  quietHours: { from: "22:00", to: "07:00" },
  digest: "off",
};

export const Preferences = z
  .object({ channels: kinds(Choice), quietHours: QuietHours, digest: Digest })
  .openapi("NotificationPreferences", { example: EXAMPLE });
export type Preferences = z.infer<typeof Preferences>;

export const PreferencesChange = z
  .object({
    channels: kinds(Choice.partial().optional()).optional(),
    quietHours: QuietHours.optional(),
    digest: Digest.optional(),
  })
  .openapi("NotificationPreferencesChange", {
    description: "What is left out stays as it is.",
    example: {
      channels: { badge_earned: { email: false } },
      quietHours: { from: "22:00", to: "07:00" },
      digest: "daily",
    },
  });
export type PreferencesChange = z.output<typeof PreferencesChange>;

export const Delivery = z
  .object({
    channel: z.enum(["inApp", "email", "push"]),
    status: z.enum(DELIVERY_STATUSES).openapi({ description: "`created`: it waits for its time, or is on its way." }),
    reason: z.string().optional().openapi({
      description:
        "Why it was suppressed (`preference`, `unsubscribed`, `suspended`, `seen`, `outdated`, `quiet_hours`, `no_device`, …), waits (`quiet_hours`, `digest`) or failed.",
    }),
    at: z.iso.datetime(),
  })
  .openapi("NotificationDelivery", {
    example: { channel: "email", status: "suppressed", reason: "seen", at: "2026-11-21T10:00:40.000Z" },
  });
export type Delivery = z.infer<typeof Delivery>;
