import { AppError, notFound } from "../../platform/errors.ts";

export type RoomRole = "owner" | "moderator" | "member";

export const MOST_RELAYS = 32;
const MEMBERS_A_RELAY = 5000;

/** Which relay holds the sockets of this person, all of them the same one; null: the room's object itself. */
export function relayOf(room: { relays: number | null }, members: number, userId: string): number | null {
  const bySize = members > MEMBERS_A_RELAY ? Math.min(MOST_RELAYS, Math.ceil(members / MEMBERS_A_RELAY)) : 0;
  const relays = room.relays ?? bySize;
  if (relays === 0) return null;
  // FNV-1a
  const hash = Array.from(userId).reduce(
    (sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 16_777_619),
    0x811c9dc5,
  );
  return (hash >>> 0) % relays;
}

/** How somebody stands to a room. */
export interface Standing {
  kind: "public" | "private" | "direct" | "goal" | "project";
  membership: "joined" | "invited" | "banned" | null;
  role: RoomRole | null;
}

/** Anybody may know of a public room; of the others only members and who is invited. Banned people are told so. */
export function assertSees(standing: Standing): void {
  if (standing.membership === "banned") throw new AppError("BANNED", "You are banned from this room.");
  if (standing.kind !== "public" && standing.membership === null) throw notFound("room");
}

export function assertReads(standing: Standing): void {
  assertSees(standing);
  if (standing.kind !== "public" && standing.membership !== "joined") throw notMember();
}

export function assertMember(standing: Standing): asserts standing is Standing & { role: RoomRole } {
  assertSees(standing);
  if (standing.membership !== "joined" || standing.role === null) throw notMember();
}

export function assertModerates(standing: Standing): void {
  assertMember(standing);
  if (standing.role === "member")
    throw new AppError("FORBIDDEN", "Only the owner and moderators of a room may do this.");
}

/** Moderators act on members, the owner on everybody else; only the owner gives roles. */
export function assertMayChange(mine: RoomRole, theirs: RoomRole, givesRole: boolean): void {
  if (theirs === "owner") throw new AppError("FORBIDDEN", "Nobody changes the owner of a room.");
  if (mine !== "owner" && (theirs === "moderator" || givesRole))
    throw new AppError("FORBIDDEN", "Only the owner may do this.");
}

const notMember = () => new AppError("NOT_A_MEMBER", "Join the room first.");
