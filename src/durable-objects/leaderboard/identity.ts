import { z } from "zod";
import { WINDOWS } from "../../platform/seasons.ts";

export const WATCHER_HEADER = "x-guildhall-watcher";

/** Who watches what, as the Worker vouches for it; `expiresAt` (ms) is the end of the access token. */
export const WatcherIdentity = z.object({
  scope: z.string(),
  window: z.enum(WINDOWS),
  userId: z.string(),
  sessionId: z.string(),
  expiresAt: z.number(),
  subprotocol: z.string().optional(),
});
export type WatcherIdentity = z.infer<typeof WatcherIdentity>;

/** Percent-encoded, since header values are Latin-1 and names of categories are not. */
export const encodeWatcher = (identity: WatcherIdentity): string => encodeURIComponent(JSON.stringify(identity));

export function decodeWatcher(header: string | null): WatcherIdentity | undefined {
  if (header === null) return undefined;
  return WatcherIdentity.safeParse(JSON.parse(decodeURIComponent(header))).data;
}
