import type { z } from "zod";
import { SERVER_FRAMES } from "../../src/durable-objects/chat-room/server-frames.ts";
import { BOARD_FRAMES } from "../../src/durable-objects/leaderboard/server-frames.ts";
import { Notification, UnreadCount } from "../../src/features/notifications/schema.ts";

const SCHEMAS: Record<string, z.ZodType> = {
  ...SERVER_FRAMES,
  ...BOARD_FRAMES,
  notification: Notification,
  unread_count: UnreadCount,
};

let faults: string[] = [];

/** Holds a frame against the schema that the AsyncAPI document is made from. */
export function keepFrame({ type, payload }: { type: string; payload: unknown }): void {
  const schema = SCHEMAS[type];
  const told = schema?.safeParse(payload);
  if (told === undefined) faults.push(`the frame ${type} is not in the document`);
  else if (!told.success) faults.push(`the frame ${type} is not as the document says: ${told.error.message}`);
}

/** What of the frames since the last time is not as the document says. */
export function brokenFrames(): string[] {
  const found = [...new Set(faults)];
  faults = [];
  return found;
}
