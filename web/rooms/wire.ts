/** What crosses the wire, as far as this client uses it; docs/room-protocol.md has the rules. */
export interface Person {
  id: string;
  username: string;
  avatarUrl: string | null;
}

export interface ReactionCount {
  emoji: string;
  count: number;
  mine: boolean;
}

export interface Attachment {
  url: string;
  type: string;
  size: number;
  name: string;
}

export interface Message {
  id: string;
  seq: number;
  clientId: string;
  author: Person;
  body: string | null;
  replyTo: string | null;
  attachments?: Attachment[];
  reactions: ReactionCount[];
  editedAt: string | null;
  deletedAt: string | null;
  createdAt: string;
}

export interface Draft {
  clientId: string;
  body: string;
  replyTo: string | null;
}

export type Status = "online" | "away" | "busy";

export interface Present extends Person {
  status: Status;
  connections: number;
}

export interface Room {
  id: string;
  kind: "public" | "private" | "direct" | "goal" | "project";
  name: string;
  topic: string | null;
  members: number;
  lastMessage: Message | null;
  unread: number;
  role: "owner" | "moderator" | "member" | null;
  membership: "joined" | "invited" | null;
}

interface Payloads {
  welcome: {
    room: { name: string | null; topic: string | null; members: number };
    self: Present & { role: "owner" | "moderator" | "member"; mutedUntil: string | null };
    members: Present[];
    online: number;
    lastSeq: number;
    readSeq: number;
    /** Whose words this client hides. */
    blocked?: string[];
  };
  chat_message: Pick<Message, "seq" | "id" | "clientId" | "author" | "body" | "replyTo" | "attachments" | "createdAt">;
  message_ack: { clientId: string; seq: number; id: string };
  message_updated: { seq: number; message: Message };
  message_deleted: { seq: number; messageId: string; deletedBy: string; deletedAt: string };
  reaction_changed: {
    seq: number;
    messageId: string;
    emoji: string;
    userId: string;
    action: "added" | "removed";
    count: number;
  };
  user_typing: { userId: string; username: string };
  user_stopped_typing: { userId: string; username: string };
  presence_changed: { userId: string; status: Status | "offline"; connections: number };
  presence_summary: { online: number; members: Present[]; complete: boolean };
  read_changed: { userId: string; readSeq: number };
  member_changed: { seq: number; userId: string; change: string; user?: Person; role?: string };
  room_changed: { seq: number; room: { name: string | null; topic: string | null } };
  sync_complete: { lastSeq: number };
  sync_reset: { lastSeq: number; messages: Message[] };
  error: { code: string; message: string; retryAfterMs?: number };
}

export type Frame = {
  [T in keyof Payloads]: { type: T; payload: Payloads[T]; timestamp: string; ref?: string | number };
}[keyof Payloads];

/** One WebSocket message holds one frame, or several as an array. */
export const framesIn = (text: string): Frame[] => [JSON.parse(text) as Frame | Frame[]].flat();
