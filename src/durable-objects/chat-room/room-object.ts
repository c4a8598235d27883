import { DurableObject } from "cloudflare:workers";
import { clock } from "../../platform/clock.ts";
import { METRIC_STORE } from "../../platform/metric-sink.ts";
import { answerClose } from "../answer-close.ts";
import { Wake } from "../wake.ts";
import { Archive } from "./archive.ts";
import { Broadcast } from "./broadcast.ts";
import { Changes } from "./changes.ts";
import { filesOf } from "./files.ts";
import { Frames } from "./frames.ts";
import { Gauge } from "./gauge.ts";
import { decodeIdentity, IDENTITY_HEADER, type Identity } from "./identity.ts";
import { Intake } from "./intake.ts";
import { type Refusal, refuse } from "./outcome.ts";
import { Pins } from "./pins.ts";
import { Presence } from "./presence.ts";
import { Relays } from "./relays.ts";
import { Roster } from "./roster.ts";
import { Tellings } from "./tellings.ts";

const SOCKETS_A_PERSON = 8;
/** What has become too old on the way is hidden at once; the disk is swept in rounds. */
const SWEEP_EVERY_MS = 3_600_000;
const NEXT_SWEEP_MS = 1_000;

/** The parts of a room put together, its sockets, and its alarm. */
export abstract class RoomObject extends DurableObject<Env> {
  protected readonly archive: Archive;
  protected readonly roster: Roster;
  protected readonly broadcast: Broadcast;
  protected readonly intake: Intake;
  protected readonly changes: Changes;
  protected readonly pins: Pins;
  protected readonly presence: Presence;
  readonly #frames: Frames;
  readonly #relays: Relays;
  readonly #tellings: Tellings;
  readonly #gauge: Gauge;
  readonly #wake: Wake;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    const archive = new Archive(ctx.storage);
    const roster = new Roster(ctx.getWebSockets());
    const broadcast = new Broadcast(roster, {
      prepare: () => this.intake.storePending(),
      lost: (socket) => this.presence.leave(socket),
      slow: (socket) => this.presence.hangUp(socket, 1013, "reads too slowly; come back with after"),
      pingedAt: (socket) => this.#pingedAt(socket),
    });
    this.#wake = new Wake(ctx.storage);
    const tellings = new Tellings(ctx.storage.sql, this.#wake, {
      send: (messages) => env.EVENTS_QUEUE.sendBatch(messages),
      later: (work) => ctx.waitUntil(work),
    });
    const store = env.METRICS.getByName(METRIC_STORE);
    const labels = 'object="chat_room"';
    const gauge = new Gauge(
      () => roster.size,
      async (open) => await store.set("websocket_connections", labels, ctx.id.toString(), open),
    );
    const parts = { archive, broadcast, roster, tellings, gauge };
    this.archive = archive;
    this.roster = roster;
    this.broadcast = broadcast;
    this.intake = new Intake(parts);
    this.presence = new Presence(parts);
    this.changes = new Changes(parts);
    this.pins = new Pins(parts);
    this.#tellings = tellings;
    this.#gauge = gauge;
    this.#frames = new Frames({ ...parts, intake: this.intake, presence: this.presence, changes: this.changes });
    this.#relays = new Relays({
      archive,
      roster,
      presence: this.presence,
      frames: this.#frames,
      reach: (name) => env.ROOM_RELAY.getByName(name),
      later: (work) => ctx.waitUntil(work),
    });
    if (this.#relays.inUse) void ctx.blockConcurrencyWhile(() => this.#relays.resume());
  }

  /** Only the upgrade, with the identity that the Worker vouches for. Everything else is RPC. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const identity = decodeIdentity(request.headers.get(IDENTITY_HEADER));
    if (identity === undefined) return new Response(null, { status: 401 });
    await this.#wake.at(identity.expiresAt);
    const refusal = this.#refusal(identity);
    if (refusal !== undefined) return Response.json(refusal, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.presence.enter(server, identity);
    const headers = { ...(identity.subprotocol && { "sec-websocket-protocol": identity.subprotocol }) };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** A relay holds a socket of this person under this id. */
  async relayEnter(relay: string, id: string, identity: Identity): Promise<Refusal | null> {
    await this.#wake.at(identity.expiresAt);
    const refusal = this.#refusal(identity);
    if (refusal === undefined) await this.#relays.enter(relay, id, identity);
    return refusal ?? null;
  }

  /** False when the room does not know the socket (any more). */
  relayFrame(relay: string, id: string, raw: string | ArrayBuffer): boolean {
    return this.#relays.frame(relay, id, raw);
  }

  relayLeave(relay: string, id: string): void {
    this.#relays.leave(relay, id);
  }

  override webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): void {
    this.#frames.receive(socket, raw);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.presence.leave(socket);
    answerClose(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.presence.leave(socket);
  }

  /** Hangs up on sockets that have outlived their access token, forgets what is too old, and sends what was not sent. */
  override async alarm(): Promise<void> {
    this.#wake.rang();
    const now = Date.now();
    for (const [socket, { expiresAt }] of this.roster.entries())
      if (expiresAt <= now) this.presence.hangUp(socket, 4401, "token expired");
    this.#forget();
    await this.#tellings.send();
    await this.#gauge.tell();
    const expiries = this.roster.entries().map(([, { expiresAt }]) => expiresAt);
    await this.#wake.at(Math.min(...expiries));
    await this.#wakeToForget();
  }

  protected async roomKept(): Promise<void> {
    this.archive.refresh(clock.now().getTime());
    await this.#wakeToForget();
  }

  #refusal({ user }: Identity): Refusal | undefined {
    if (this.roster.connections(user.id) < SOCKETS_A_PERSON) return undefined;
    return refuse("TOO_MANY_SOCKETS", `You have ${SOCKETS_A_PERSON} connections to this room already.`);
  }

  /** A relay looks after its own. */
  #pingedAt(socket: WebSocket): number {
    if (this.#relays.isRelayed(socket)) return Date.now();
    return this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
  }

  #forget(): void {
    const now = clock.now().getTime();
    const { archive } = this;
    archive.refresh(now);
    const roomId = archive.room?.id ?? "";
    const keys = archive.retention.sweep(now).flatMap((row) => filesOf(roomId, row));
    if (keys.length > 0) this.#tellings.add({ type: "files.abandoned", roomId, keys });
  }

  /** In real time, whatever the room's clock says. */
  async #wakeToForget(): Promise<void> {
    const { retention, room } = this.archive;
    const now = Date.now();
    if (retention.pending) return await this.#wake.at(now + NEXT_SWEEP_MS);
    const dueIn = retention.dueAt(room?.retentionDays) - clock.now().getTime();
    await this.#wake.at(now + Math.max(dueIn, SWEEP_EVERY_MS));
  }
}
