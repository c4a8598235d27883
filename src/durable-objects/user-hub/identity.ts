import { z } from "zod";

export const LISTENER_HEADER = "x-guildhall-listener";

/** Who listens, as the Worker vouches for it; `expiresAt` (ms) is the end of the access token. */
export const ListenerIdentity = z.object({
  sessionId: z.string(),
  expiresAt: z.number(),
  /** What the socket is told first. */
  unread: z.number().int(),
  subprotocol: z.string().optional(),
});
export type ListenerIdentity = z.infer<typeof ListenerIdentity>;

export const encodeListener = (identity: ListenerIdentity): string => encodeURIComponent(JSON.stringify(identity));

export function decodeListener(header: string | null): ListenerIdentity | undefined {
  if (header === null) return undefined;
  return ListenerIdentity.safeParse(JSON.parse(decodeURIComponent(header))).data;
}
