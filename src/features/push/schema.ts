import { z } from "@hono/zod-openapi";

export const PushKey = z
  .object({ publicKey: z.string().openapi({ description: "The `applicationServerKey` for `pushManager.subscribe`." }) })
  .openapi("PushKey", {
    example: {
      publicKey: "BNbxGYNMhEIi9zrneh7mqV4oUanjLUK3m-mYZBc62frMKrEoMk88r3Lk596T0ck9xlT-aok0fO1KXBLV4-XqxYM",
    },
  });
export type PushKey = z.infer<typeof PushKey>;

const key = z.string().regex(/^[\w-]{1,200}={0,2}$/u, { error: "base64url" });

export const NewPushSubscription = z
  .object({
    endpoint: z.url().max(2000),
    expirationTime: z.number().nullable().optional().openapi({ description: "Milliseconds since 1970." }),
    keys: z.object({ p256dh: key, auth: key }),
  })
  .openapi("NewPushSubscription", {
    description: "What `PushSubscription.toJSON()` gives.",
    example: {
      endpoint: "https://push.example.net/send/dJ2Kq0",
      expirationTime: null,
      keys: {
        p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth: "BTBZMqHH6r4Tts7J_aSIgg",
      },
    },
  });
export type NewPushSubscription = z.output<typeof NewPushSubscription>;

export const PushSubscription = z.object({ id: z.uuid(), createdAt: z.iso.datetime() }).openapi("PushSubscription", {
  example: { id: "0199aa11-2233-7444-8555-66778899aabb", createdAt: "2026-11-21T10:00:00.000Z" },
});
export type PushSubscription = z.infer<typeof PushSubscription>;
