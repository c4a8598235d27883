import { z } from "@hono/zod-openapi";
import { uuidv7 } from "uuidv7";

/** An id that comes in. Some platforms write UUIDs in upper case, which are the same UUIDs. */
export const Id = z.uuid().toLowerCase();

/** A new UUIDv7: unique, and ordered by the time it was made. */
export const newId = (): string => uuidv7();

const VERSION = 0x70;
const VARIANT = 0x80;

/** The UUIDv7 of an instant (milliseconds) and a name: the same ones make the same id. */
export async function uuidOf(at: number, name: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name))).slice(0, 16);
  bytes.setFromHex(at.toString(16).padStart(12, "0"));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | VERSION;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | VARIANT;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
}
