import { DurableObject } from "cloudflare:workers";
import { createLogger } from "../../platform/logger.ts";
import { answerClose } from "../answer-close.ts";
import { decodeIdentity, IDENTITY_HEADER, type Identity } from "../chat-room/identity.ts";
import { Session } from "../chat-room/roster.ts";
import { SlowReaders } from "../chat-room/slow-readers.ts";
import { type Delivery, type Holding, type Item, type Receipt, roomOf } from "./delivery.ts";

type Room = ReturnType<Env["CHAT_ROOM"]["getByName"]>;

const COME_AGAIN = 1012;
const READS_TOO_SLOWLY = 1013;

/**
 * Holds sockets of a big room. The room decides and stores; what it says goes from here to all whom it is for, and what
 * they say goes there. Sleeps as a room does: what it must remember is beside its sockets, and how far it was told.
 */
export class RoomRelay extends DurableObject<Env> {
  readonly #sockets = new Map<string, WebSocket>();
  /** Whom the room has let in. */
  readonly #entered = new Map<string, Session>();
  readonly #readers = new SlowReaders<WebSocket>();
  readonly #life = crypto.randomUUID();
  #seq: number;
  #stub: Room | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#seq = ctx.storage.kv.get<number>("seq") ?? 0;
    for (const socket of ctx.getWebSockets()) {
      const id = this.#idOf(socket);
      const session = Session.safeParse(socket.deserializeAttachment());
      this.#sockets.set(id, socket);
      if (session.success) this.#entered.set(id, session.data);
    }
  }

  /** Only the upgrade, with the identity that the Worker vouches for. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const identity = decodeIdentity(request.headers.get(IDENTITY_HEADER));
    if (identity === undefined) return new Response(null, { status: 401 });
    const id = crypto.randomUUID().slice(0, 13);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [id]);
    this.#sockets.set(id, server);
    this.#readers.heard(server, Date.now());
    const refusal = await this.#enter(id, identity);
    if (refusal !== undefined) {
      this.#hangUp(id, COME_AGAIN, "not let in");
      return refusal;
    }
    const headers = { ...(identity.subprotocol && { "sec-websocket-protocol": identity.subprotocol }) };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override async webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): Promise<void> {
    this.#readers.heard(socket, Date.now());
    const id = this.#idOf(socket);
    const known = await this.#ask((room) => room.relayFrame(this.#name, id, raw));
    // The room lost this socket, or itself: whoever comes again is told what they missed.
    if (known !== true) this.#hangUp(id, COME_AGAIN, "the room was interrupted; come back with after");
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    answerClose(socket, code);
    const id = this.#idOf(socket);
    this.#forget(id);
    await this.#ask((room) => room.relayLeave(this.#name, id));
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket, 1006);
  }

  /** Called by the room, one delivery after another. */
  deliver({ seq, items }: Delivery): Receipt {
    const gone = new Set<string>();
    let characters = 0;
    for (const item of items) {
      if ("text" in item) characters += item.text.length;
      this.#carryOut(item, gone);
    }
    this.#toldUpTo(seq);
    if (this.#readers.sent(characters)) this.#dropSlowReaders(gone);
    return { gone: [...gone], life: this.#life };
  }

  /** What the room asks when it has forgotten, or was not heard. Sockets that it had not let in must come again. */
  holding(): Holding {
    for (const id of this.#sockets.keys())
      if (!this.#entered.has(id)) this.#hangUp(id, COME_AGAIN, "the room was interrupted; come back with after");
    return { seq: this.#seq, sockets: [...this.#entered].map(([id, session]) => ({ id, session })) };
  }

  get #name(): string {
    return this.ctx.id.name ?? "";
  }

  #idOf(socket: WebSocket): string {
    return this.ctx.getTags(socket)[0] ?? "";
  }

  async #enter(id: string, identity: Identity): Promise<Response | undefined> {
    const refusal = await this.#ask(async (room) => await room.relayEnter(this.#name, id, identity));
    if (refusal) return Response.json(refusal, { status: 429 });
    return this.#entered.has(id) ? undefined : new Response(null, { status: 503 });
  }

  /** Undefined when the room could not be asked. One stub as long as it works, which keeps what is said in order. */
  async #ask<T>(question: (room: Room) => Promise<T>): Promise<T | undefined> {
    this.#stub ??= this.env.CHAT_ROOM.getByName(roomOf(this.#name));
    try {
      return await question(this.#stub);
    } catch (error) {
      this.#stub = undefined;
      createLogger().error("a relay did not reach its room", error);
      return undefined;
    }
  }

  #carryOut(item: Item, gone: Set<string>): void {
    if ("text" in item) {
      const except = "except" in item ? new Set(item.except) : undefined;
      const ids = "to" in item ? item.to : [...this.#entered.keys()].filter((id) => !except?.has(id));
      for (const id of ids) if (!this.#send(id, item.text)) gone.add(id);
    } else if ("keep" in item) {
      const socket = this.#sockets.get(item.id);
      socket?.serializeAttachment(item.keep);
      if (socket === undefined) gone.add(item.id);
      else this.#entered.set(item.id, item.keep);
    } else this.#hangUp(item.id, item.close.code, item.close.reason);
  }

  #send(id: string, text: string): boolean {
    try {
      const socket = this.#sockets.get(id);
      socket?.send(text);
      return socket !== undefined;
    } catch {
      this.#forget(id);
      return false;
    }
  }

  /** Unconfirmed: if this is lost, so are the sockets that it is about. */
  #toldUpTo(seq: number): void {
    if (seq === this.#seq) return;
    this.#seq = seq;
    this.ctx.waitUntil(this.ctx.storage.put("seq", seq, { allowUnconfirmed: true }));
  }

  #dropSlowReaders(gone: Set<string>): void {
    const now = Date.now();
    for (const [id, socket] of this.#sockets) {
      const pingedAt = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
      if (!this.#readers.isSlow(socket, now, pingedAt)) continue;
      this.#hangUp(id, READS_TOO_SLOWLY, "reads too slowly; come back with after");
      gone.add(id);
    }
  }

  #hangUp(id: string, code: number, reason: string): void {
    const socket = this.#sockets.get(id);
    this.#forget(id);
    try {
      socket?.close(code, reason);
    } catch {
      // It was closed by the other side.
    }
  }

  #forget(id: string): void {
    this.#sockets.delete(id);
    this.#entered.delete(id);
  }
}
