import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty } from "../../http/envelope.ts";
import { body, data, failures, IdParam, nothing, signedIn, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Id } from "../../platform/ids.ts";
import { MAX_UPLOAD_BYTES, NewUpload, Upload } from "./schema.ts";
import { offerUpload, readUpload, receiveUpload } from "./service.ts";

const tags = ["Messages"];
const PlaceParams = IdParam.extend({
  userId: Id.openapi({ param: { name: "userId", in: "path" } }),
  fileId: Id.openapi({ param: { name: "fileId", in: "path" } }),
});
const bytes = { schema: z.string().openapi({ format: "binary" }) };

/** Takes large bodies, so it is mounted before the limit of all others; the signed address is its only credential. */
export const uploadByteRoutes = createRouter().openapi(
  createRoute({
    method: "put",
    path: "/{id}/uploads/{userId}/{fileId}",
    operationId: "putUpload",
    summary: "Send the bytes of an upload, once",
    description: `At most ${MAX_UPLOAD_BYTES / 1024 / 1024} MiB, and exactly as many as were announced.`,
    tags,
    request: {
      params: PlaceParams,
      query: z.object({ token: z.string().min(1).max(4096) }),
      body: { required: true, content: { "*/*": bytes } },
    },
    responses: {
      204: nothing,
      ...failures("INVALID_TOKEN", "PAYLOAD_TOO_LARGE", "PRECONDITION_FAILED"),
    },
  }),
  async (c) => {
    const length = Number(c.req.header("Content-Length") ?? Number.NaN);
    await receiveUpload(c.get("ctx"), c.req.valid("param"), c.req.valid("query").token, {
      body: c.req.raw.body,
      length,
    });
    return empty(c);
  },
);

export const uploadRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/uploads",
      operationId: "offerUpload",
      summary: "A place for a file, to be attached to a message",
      description:
        "PUT the bytes to `url` within ten minutes, then send `attachment` with a message. 503 where the deployment has no bucket.",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(NewUpload) },
      responses: {
        201: data(Upload, "Where to put it."),
        ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED", "MUTED"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { origin } = new URL(c.req.url);
      const upload = await offerUpload(c.get("ctx"), requireUser(c), id, c.req.valid("json"), origin);
      return created(c, Upload, upload, upload.attachment.url);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/uploads/{userId}/{fileId}",
      operationId: "getUpload",
      summary: "A file that was sent with a message",
      tags,
      ...signedIn,
      request: { params: PlaceParams },
      responses: {
        200: { description: "Its bytes.", content: { "*/*": bytes } },
        ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED"),
      },
    }),
    async (c) => {
      const file = await readUpload(c.get("ctx"), requireUser(c), c.req.valid("param"));
      const headers = new Headers({ ETag: file.httpEtag, "Content-Length": String(file.size) });
      file.writeHttpMetadata(headers);
      return new Response(file.body, { headers });
    },
  );
