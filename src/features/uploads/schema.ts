import { z } from "@hono/zod-openapi";
import { Text } from "../../platform/text.ts";
import { Attachment, MediaType } from "../messages/schema.ts";

export const MAX_UPLOAD_BYTES = 25 * 1024 * 1024;

export const NewUpload = z
  .object({
    name: Text(1, 255),
    type: MediaType,
    size: z.int().min(1).max(MAX_UPLOAD_BYTES).openapi({ description: "In bytes, exactly what will be sent." }),
  })
  .openapi("NewUpload", { example: { name: "notes.pdf", type: "application/pdf", size: 48_213 } });
export type NewUpload = z.output<typeof NewUpload>;

export const Upload = z
  .object({
    url: z.string().openapi({ description: "PUT the bytes here, without any other credential." }),
    expiresAt: z.iso.datetime(),
    attachment: Attachment.openapi({ description: "To be sent with a message once the bytes are there." }),
  })
  .openapi("Upload", {
    example: {
      url: "https://guildhall.example/api/v1/rooms/0199aa11-2233-7444-8555-66778899aabb/uploads/0199aa11-2233-7444-8555-66778899aabc/0199aa11-2233-7444-8555-66778899aabd?token=eyJ…",
      expiresAt: "2026-11-21T10:10:00.000Z",
      attachment: {
        url: "/api/v1/rooms/0199aa11-2233-7444-8555-66778899aabb/uploads/0199aa11-2233-7444-8555-66778899aabc/0199aa11-2233-7444-8555-66778899aabd",
        type: "application/pdf",
        size: 48_213,
        name: "notes.pdf",
      },
    },
  });
export type Upload = z.infer<typeof Upload>;
