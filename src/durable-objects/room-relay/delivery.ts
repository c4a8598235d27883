import type { Session } from "../chat-room/roster.ts";

/** A relay's object is called by its room and its number. */
export const relayName = (roomId: string, relay: number): string => `${roomId} ${relay}`;
export const roomOf = (name: string): string => name.slice(0, name.lastIndexOf(" "));

/**
 * What a relay shall do, in this order: say a text to some sockets, or to all that were let in but some; keep what the
 * room must remember of a socket, which lets it in; or hang up.
 */
export type Item =
  | { text: string; to: readonly string[] }
  | { text: string; except: readonly string[] }
  | { id: string; keep: Session }
  | { id: string; close: { code: number; reason: string } };

/** With it a relay has been told everything up to `seq`. */
export interface Delivery {
  seq: number;
  items: readonly Item[];
}

/** `gone`: sockets that a delivery was about and that are not there any more. `life`: another one after the relay lost its memory. */
export interface Receipt {
  gone: readonly string[];
  life: string;
}

export interface Holding {
  seq: number;
  sockets: readonly { id: string; session: Session }[];
}
