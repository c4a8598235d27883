import { clock } from "../../platform/clock.ts";
import type { Archive } from "./archive.ts";
import type { Origin } from "./broadcast.ts";
import { join } from "./fanout.ts";
import { encode } from "./protocol.ts";

const MOST_EVENTS_REPLAYED = 1000;
const PAGE_AFTER_RESET = 50;
const FRAMES_A_MESSAGE = 100;

/**
 * Sends one socket everything after `after`, or the latest page when that is too far back or forgotten.
 * What a burst stores it tells in the same turn, so live frames follow with nothing missing and nothing twice.
 */
export function catchUp(archive: Archive, { socket, ref }: Origin, viewerId: string, after: number): void {
  const now = clock.now().getTime();
  archive.refresh(now);
  const lastSeq = archive.log.lastSeq();
  if (lastSeq - after > MOST_EVENTS_REPLAYED || after < archive.progress.forgottenTo) {
    const { messages } = archive.history({ limit: PAGE_AFTER_RESET }, viewerId);
    socket.send(encode("sync_reset", { lastSeq, messages }, now, ref));
    return;
  }
  const frames = [...archive.log.replay(after, viewerId), encode("sync_complete", { lastSeq }, now, ref)];
  for (let i = 0; i < frames.length; i += FRAMES_A_MESSAGE) socket.send(join(frames.slice(i, i + FRAMES_A_MESSAGE)));
}
