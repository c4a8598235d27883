import { z } from "@hono/zod-openapi";
import { WEBHOOK_DELIVERY_STATUSES } from "../../db/schema/webhooks.ts";
import { WEBHOOK_EVENTS } from "./rules.ts";

const ID = "0199aa11-2233-7444-8555-66778899aabb";

const Events = z
  .array(z.enum([...WEBHOOK_EVENTS, "*"]))
  .min(1)
  .max(WEBHOOK_EVENTS.length + 1)
  .transform((events) => [...new Set(events)])
  .openapi({
    type: "array",
    items: { type: "string", enum: [...WEBHOOK_EVENTS, "*"] },
    description: "`*` is all of them.",
  });
const Url = z
  .url()
  .max(2000)
  .openapi({ description: "https, on a public address; in development this machine too. Redirects are not followed." });

export const NewWebhook = z.object({ url: Url, events: Events }).openapi("NewWebhook", {
  example: { url: "https://hooks.example.org/guildhall", events: ["submission.decided", "badge.earned"] },
});
export type NewWebhook = z.output<typeof NewWebhook>;

export const WebhookChange = z
  .object({ url: Url.optional(), events: Events.optional(), active: z.boolean().optional() })
  .openapi("WebhookChange", { description: "What is left out stays as it is.", example: { active: true } });
export type WebhookChange = z.output<typeof WebhookChange>;

export const Webhook = z
  .object({
    id: z.uuid(),
    url: z.string(),
    events: z.array(z.string()),
    active: z.boolean(),
    disabledReason: z
      .enum(["admin", "failing", "gone"])
      .nullable()
      .openapi({ description: "`failing`: nothing was taken for a day. `gone`: the receiver answered 410." }),
    disabledAt: z.iso.datetime().nullable(),
    failures: z.int().openapi({ description: "Failed attempts since the last that was taken." }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi("Webhook", {
    example: {
      id: ID,
      url: "https://hooks.example.org/guildhall",
      events: ["submission.decided", "badge.earned"],
      active: true,
      disabledReason: null,
      disabledAt: null,
      failures: 0,
      createdAt: "2026-11-21T10:00:00.000Z",
      updatedAt: "2026-11-21T10:00:00.000Z",
    },
  });
export type Webhook = z.infer<typeof Webhook>;

const CREATED = {
  id: ID,
  url: "https://hooks.example.org/guildhall",
  events: ["submission.decided"],
  active: true,
  disabledReason: null,
  disabledAt: null,
  failures: 0,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
  secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
};

export const CreatedWebhook = Webhook.extend({
  secret: z.string().openapi({ description: "Signs what is sent, as Standard Webhooks say. It is never shown again." }),
}).openapi("CreatedWebhook", { example: CREATED });
export type CreatedWebhook = z.infer<typeof CreatedWebhook>;

export const RotatedWebhook = CreatedWebhook.extend({
  formerSecretUntil: z.iso
    .datetime()
    .openapi({ description: "Until then messages are signed with the former secret too." }),
}).openapi("RotatedWebhook", {
  example: { ...CREATED, updatedAt: "2026-12-01T10:00:00.000Z", formerSecretUntil: "2026-12-02T10:00:00.000Z" },
});
export type RotatedWebhook = z.infer<typeof RotatedWebhook>;

export const WebhookDelivery = z
  .object({
    id: z.uuid().openapi({ description: "The `webhook-id`: the same in every attempt and replay." }),
    type: z.string(),
    status: z.enum(WEBHOOK_DELIVERY_STATUSES),
    attempts: z.int(),
    nextAttemptAt: z.iso.datetime().nullable(),
    lastAttemptAt: z.iso.datetime().nullable(),
    lastStatus: z.int().nullable().openapi({ description: "The HTTP status of the last answer, if there was one." }),
    failure: z.string().nullable(),
    payload: z.unknown().openapi({ description: "What is sent: `type`, `timestamp`, `data`." }),
    createdAt: z.iso.datetime(),
  })
  .openapi("WebhookDelivery", {
    example: {
      id: ID,
      type: "badge.earned",
      status: "pending",
      attempts: 1,
      nextAttemptAt: "2026-11-21T10:01:00.000Z",
      lastAttemptAt: "2026-11-21T10:00:01.000Z",
      lastStatus: 503,
      failure: "HTTP 503",
      payload: {
        type: "badge.earned",
        timestamp: "2026-11-21T10:00:00.000Z",
        data: { userId: ID, code: "streak-bronze" },
      },
      createdAt: "2026-11-21T10:00:00.000Z",
    },
  });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;
