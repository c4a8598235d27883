import { attachmentsOf, type MessageRow } from "./messages.ts";

const UPLOAD = /^\/api\/v1\/rooms\/(?<room>[^/]+)\/uploads\/(?<owner>[^/]+)\/(?<file>[^/]+)$/u;

/** The keys of the files that a message's author put into this room for it; a link to somebody else's is only a link. */
export const filesOf = (roomId: string, row: Pick<MessageRow, "author_id" | "attachments">): string[] =>
  attachmentsOf(row).flatMap(({ url }) => {
    const { room, owner, file } = UPLOAD.exec(url)?.groups ?? {};
    return room === roomId && owner === row.author_id ? [`${room}/${owner}/${file}`] : [];
  });
