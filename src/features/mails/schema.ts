import { z } from "@hono/zod-openapi";

/** What a provider tells of a mail, in Resend's words. Kinds that nobody reacts to are taken and forgotten. */
export const MailEvent = z
  .looseObject({
    type: z.string().openapi({ example: "email.bounced" }),
    data: z.looseObject({
      email_id: z.string().max(200).optional(),
      to: z.array(z.string().max(320)).max(50).optional(),
      bounce: z.looseObject({ type: z.string().optional() }).optional(),
    }),
  })
  .openapi("MailEvent", {
    example: {
      type: "email.bounced",
      created_at: "2026-11-21T10:00:00.000Z",
      data: {
        email_id: "0199aa11-2233-7444-8555-66778899aabb",
        to: ["ana@example.org"],
        bounce: { type: "Permanent", message: "The mailbox does not exist." },
      },
    },
  });
export type MailEvent = z.infer<typeof MailEvent>;

export const UnsubscribeQuery = z.object({
  token: z.string().max(200).openapi({ description: "From the link in the mail." }),
});
