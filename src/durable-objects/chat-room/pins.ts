import { clock } from "../../platform/clock.ts";
import type { Archive } from "./archive.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Speaker } from "./identity.ts";
import { accept, type Outcome, refuse } from "./outcome.ts";
import type { Message } from "./protocol.ts";
import type { Roster } from "./roster.ts";
import { tellUpdated } from "./updates.ts";

const MOST_PINS = 50;

interface Parts {
  archive: Archive;
  broadcast: Broadcast;
  roster: Roster;
}

/** What moderators hold up for everybody; in a direct room either of the two. */
export class Pins {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Pinning what is pinned changes nothing. */
  pin(speaker: Speaker, messageId: string, wanted: boolean): Outcome<Message> {
    const { archive } = this.#parts;
    const row = archive.messages.byId(messageId);
    if (row === undefined || row.deleted_at !== null)
      return refuse("NOT_FOUND", "There is no such message, or it was deleted.");
    if (speaker.role === "member" && archive.room?.kind !== "direct")
      return refuse("FORBIDDEN", "Only the owner and moderators of a room may pin.");
    if ((row.pinned_at !== null) === wanted) return accept(archive.view(row, speaker.user.id));
    if (wanted && archive.messages.pinned().length >= MOST_PINS)
      return refuse("LIMIT_REACHED", `A room has at most ${MOST_PINS} pinned messages.`);
    const now = clock.now().getTime();
    const pinned = { ...row, pinned_at: wanted ? now : null, pinned_by: wanted ? speaker.user.id : null };
    const seq = archive.storage.transactionSync(() => {
      archive.messages.pin(row.seq, wanted ? { at: now, by: speaker.user.id } : null);
      const { body, edited_at: editedAt, pinned_at: pinnedAt, pinned_by: pinnedBy } = pinned;
      const update = { body, editedAt, pinnedAt, pinnedBy, pin: true as const };
      return archive.log.append("message_updated", update, now, { messageSeq: row.seq });
    });
    tellUpdated(this.#parts, seq, pinned, now);
    return accept(archive.view(pinned, speaker.user.id));
  }
}
