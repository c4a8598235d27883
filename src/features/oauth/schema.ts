import { z } from "@hono/zod-openapi";

export const ProviderParam = z.object({
  provider: z
    .string()
    .min(1)
    .max(64)
    .openapi({ param: { name: "provider", in: "path" }, example: "github" }),
});

export const StartLogin = z.object({
  redirectTo: z.string().min(1).max(2000).optional().openapi({
    description: "Where the browser lands in the end: on this origin, or on one of `ALLOWED_ORIGINS`.",
    example: "https://app.guildhall.example/welcome",
  }),
});

/** What a provider sends back is read whole, not field by field; this is for the document. */
export const ProviderAnswer = z.object({
  state: z.string().max(4000).optional(),
  code: z.string().max(4000).optional(),
  error: z.string().max(4000).optional(),
});

export const Identity = z
  .object({
    provider: z.string(),
    email: z.string().nullable().openapi({ description: "As the provider told it last." }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime(),
  })
  .openapi("Identity", {
    example: {
      provider: "github",
      email: "mei@example.org",
      createdAt: "2026-11-21T10:00:00.000Z",
      lastUsedAt: "2026-11-21T10:00:00.000Z",
    },
  });
export type Identity = z.infer<typeof Identity>;
