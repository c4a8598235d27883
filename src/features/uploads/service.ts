import { z } from "zod";
import type { ServiceContext } from "../../context.ts";
import type { UserActor } from "../../platform/actor.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { base64url, sign } from "../../platform/secrets.ts";
import { findAccess } from "../rooms/queries.ts";
import { assertMember, assertReads } from "../rooms/rules.ts";
import type { NewUpload, Upload } from "./schema.ts";

/** Like all tokens it lives in real time. */
const TOKEN_LIFE_MS = 10 * 60_000;

/** Where a file is: whose room, who put it there, and its own id. */
export interface Place {
  id: string;
  userId: string;
  fileId: string;
}

const Grant = z.object({
  key: z.string(),
  name: z.string(),
  type: z.string(),
  size: z.number(),
  expiresAt: z.number(),
});
type Grant = z.infer<typeof Grant>;

const keyOf = ({ id, userId, fileId }: Place): string => `${id}/${userId}/${fileId}`;
const pathOf = ({ id, userId, fileId }: Place): string => `/api/v1/rooms/${id}/uploads/${userId}/${fileId}`;

function bucketOf({ files }: Pick<ServiceContext, "files">): R2Bucket {
  if (files === null) throw new AppError("UNAVAILABLE", "This deployment keeps no files; link to them instead.");
  return files;
}

/** A place for one file of exactly this size, to be filled within ten minutes by whoever holds the address. */
export async function offerUpload(
  ctx: ServiceContext,
  actor: UserActor,
  roomId: string,
  { name, type, size }: NewUpload,
  origin: string,
): Promise<Upload> {
  bucketOf(ctx);
  const access = await findAccess(ctx, actor, roomId);
  assertMember(access);
  if (access.mutedUntil !== null && access.mutedUntil > ctx.clock.now())
    throw new AppError("MUTED", "You are muted in this room.", {
      details: { mutedUntil: access.mutedUntil.toISOString() },
    });
  const place = { id: roomId, userId: actor.id, fileId: newId() };
  const expiresAt = Date.now() + TOKEN_LIFE_MS;
  const token = await seal(ctx, { key: keyOf(place), name, type, size, expiresAt });
  return {
    url: `${origin}${pathOf(place)}?token=${token}`,
    expiresAt: new Date(expiresAt).toISOString(),
    attachment: { url: pathOf(place), type, size, name },
  };
}

/** Streams the bytes into the bucket; neither more nor fewer than announced, and once. */
export async function receiveUpload(
  ctx: ServiceContext,
  place: Place,
  token: string,
  { body, length }: { body: ReadableStream<Uint8Array> | null; length: number },
): Promise<void> {
  const files = bucketOf(ctx);
  const { key, name, type, size } = await open(ctx, token);
  if (key !== keyOf(place)) throw badToken();
  if (length > size) throw new AppError("PAYLOAD_TOO_LARGE", `This address takes ${size} bytes.`);
  if (length !== size || body === null)
    throw new AppError("VALIDATION_ERROR", `This address takes ${size} bytes, with a Content-Length that says so.`);
  const stored = await files.put(key, body.pipeThrough(new FixedLengthStream(size)), {
    onlyIf: new Headers({ "If-None-Match": "*" }),
    httpMetadata: { contentType: type, contentDisposition: dispositionOf(type, name) },
  });
  if (stored === null) throw new AppError("PRECONDITION_FAILED", "The file is there already.");
}

/** A file for whoever reads the room's history. */
export async function readUpload(ctx: ServiceContext, actor: UserActor, place: Place): Promise<R2ObjectBody> {
  const files = bucketOf(ctx);
  assertReads(await findAccess(ctx, actor, place.id));
  const file = await files.get(keyOf(place));
  if (file === null) throw notFound("file");
  return file;
}

const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Pictures may be shown; whatever else people send is downloaded, lest it run as a page of this origin. */
const dispositionOf = (type: string, name: string): string =>
  `${SHOWN.has(type) ? "inline" : "attachment"}; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/gu, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;

type Secrets = Pick<ServiceContext, "config">;

async function seal(ctx: Secrets, grant: Grant): Promise<string> {
  const text = base64url(new TextEncoder().encode(JSON.stringify(grant)));
  return `${text}.${await signatureOf(ctx, text)}`;
}

async function open(ctx: Secrets, token: string): Promise<Grant> {
  const [text = "", signature] = token.split(".");
  if (signature !== (await signatureOf(ctx, text))) throw badToken();
  const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  const grant = Grant.parse(JSON.parse(new TextDecoder().decode(bytes)));
  if (grant.expiresAt <= Date.now()) throw badToken();
  return grant;
}

const signatureOf = ({ config }: Secrets, text: string): Promise<string> => sign(`upload ${text}`, config.TOKEN_SECRET);

const badToken = () => new AppError("INVALID_TOKEN", "This address is not for that, or too old; ask for another.");
