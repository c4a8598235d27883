/** What crosses the wire, as the client says it; docs/room-protocol.md has the rules. */
import type { Schemas } from "../../client/src/api.ts";
import type { RoomHears, RoomTells } from "../../client/src/frames.ts";

export type Message = RoomTells["message_updated"]["message"];
export type Draft = RoomHears["send_message"] & { replyTo: string | null };
export type Status = RoomHears["set_status"]["status"];
export type Present = RoomTells["welcome"]["members"][number];
export type Room = Schemas["Room"];

export type Frame = {
  [T in keyof RoomTells]: { type: T; payload: RoomTells[T]; timestamp: string; ref?: string | number };
}[keyof RoomTells];

/** One WebSocket message holds one frame, or several as an array. */
export const framesIn = (text: string): Frame[] => [JSON.parse(text) as Frame | Frame[]].flat();
