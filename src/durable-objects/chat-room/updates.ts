import type { Archive } from "./archive.ts";
import type { Broadcast, Origin } from "./broadcast.ts";
import { type MessageRow, toMessage } from "./messages.ts";
import { encode } from "./protocol.ts";
import { countFor } from "./reactions.ts";
import type { Roster } from "./roster.ts";

interface Parts {
  archive: Archive;
  broadcast: Broadcast;
  roster: Roster;
}

/** One text for all, except for those who reacted to the message (`mine`) and the one who asked (`ref`). */
export function tellUpdated(parts: Parts, seq: number, row: MessageRow, at: number, origin?: Origin): void {
  const { archive, broadcast, roster } = parts;
  const kinds = archive.reactions.on(row.seq);
  const reacted = new Set(kinds.flatMap((kind) => kind.users));
  const text = (viewerId?: string, ref?: Origin["ref"]) =>
    encode("message_updated", { seq, message: toMessage(row, countFor(kinds, viewerId)) }, at, ref);
  broadcast.add({
    text: text(),
    textFor: (socket) => {
      const viewerId = roster.session(socket)?.user.id ?? "";
      const ref = socket === origin?.socket ? origin.ref : undefined;
      return reacted.has(viewerId) || ref !== undefined ? text(viewerId, ref) : undefined;
    },
  });
}
