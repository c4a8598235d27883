import { DurableObject } from "cloudflare:workers";
import { clock } from "../../platform/clock.ts";
import { answerClose } from "../answer-close.ts";
import type { ListenerIdentity } from "./identity.ts";
import { decodeListener, LISTENER_HEADER } from "./identity.ts";

const SOCKETS_A_PERSON = 8;

/** A notification as its reader sees it. */
export type HubNotification = Readonly<Record<string, unknown>>;

/** How many were unread when they were counted (ms): counts may come in another order than they were made. */
export interface Counted {
  count: number;
  asOf: number;
}

/** Which sockets to close: all, one login's, or all but one login's. */
export type Listeners = { sessionId?: string; exceptSessionId?: string };

type Attachment = Pick<ListenerIdentity, "sessionId" | "expiresAt">;

const frame = (type: string, payload: unknown): string =>
  JSON.stringify({ type, payload, timestamp: clock.now().toISOString() });

/** The open sockets of one person. It keeps nothing but them: what it tells is in D1 already. */
export class UserHub extends DurableObject<Env> {
  #countedAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** A new notification, and how many are unread with it; both go out as one message. */
  notify(notification: HubNotification, unread: Counted): void {
    const news = frame("notification", notification);
    const count = this.#news(unread);
    this.#send(count === null ? news : `[${news},${count}]`);
  }

  unread(unread: Counted): void {
    const count = this.#news(unread);
    if (count !== null) this.#send(count);
  }

  /** Null for a count that is older than one which was told. */
  #news({ count, asOf }: Counted): string | null {
    if (asOf < this.#countedAt) return null;
    this.#countedAt = asOf;
    return frame("unread_count", { count });
  }

  closeSockets({ sessionId, exceptSessionId }: Listeners, code: number, reason: string): void {
    this.#close(
      (one) => (sessionId === undefined || one.sessionId === sessionId) && one.sessionId !== exceptSessionId,
      code,
      reason,
    );
  }

  /** Only the upgrade, with the identity that the Worker vouches for. Everything else is RPC. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const identity = decodeListener(request.headers.get(LISTENER_HEADER));
    if (identity === undefined) return new Response(null, { status: 401 });
    if (this.#open().length >= SOCKETS_A_PERSON) return new Response(null, { status: 429 });
    const { sessionId, expiresAt, unread, subprotocol } = identity;
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment({ sessionId, expiresAt } satisfies Attachment);
    server.send(frame("unread_count", { count: unread }));
    await this.#wakeForTheFirst();
    const headers = { ...(subprotocol && { "sec-websocket-protocol": subprotocol }) };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.close(1008, "this socket only tells");
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    answerClose(socket, code);
  }

  /** Hangs up on sockets that have outlived their access token. */
  override async alarm(): Promise<void> {
    this.#close(({ expiresAt }) => expiresAt <= Date.now(), 4401, "token expired");
    await this.#wakeForTheFirst();
  }

  /** Tokens live in real time, and so does the alarm. */
  async #wakeForTheFirst(): Promise<void> {
    const first = Math.min(...this.#open().map(([, { expiresAt }]) => expiresAt));
    if (Number.isFinite(first)) await this.ctx.storage.setAlarm(Math.max(first, Date.now() + 1000));
  }

  #open(): [WebSocket, Attachment][] {
    return this.ctx
      .getWebSockets()
      .filter(({ readyState }) => readyState === WebSocket.OPEN)
      .map((socket) => [socket, socket.deserializeAttachment() as Attachment]);
  }

  #send(text: string): void {
    for (const [socket] of this.#open()) socket.send(text);
  }

  #close(isMeant: (listener: Attachment) => boolean, code: number, reason: string): void {
    for (const [socket, listener] of this.#open()) if (isMeant(listener)) socket.close(code, reason);
  }
}
