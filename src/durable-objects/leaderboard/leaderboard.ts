import { DurableObject } from "cloudflare:workers";
import { clock } from "../../platform/clock.ts";
import { answerClose } from "../answer-close.ts";
import { migrate } from "../migrate.ts";
import { Wake } from "../wake.ts";
import { decodeWatcher, WATCHER_HEADER } from "./identity.ts";
import { Intake } from "./intake.ts";
import { Live } from "./live.ts";
import { MIGRATIONS } from "./migrations.ts";
import type {
  BoardEntry,
  BoardPage,
  PageRequest,
  Ranked,
  SeasonFinals,
  Standing,
  StandingRequest,
  SubsetRequest,
} from "./protocol.ts";
import { Ranking } from "./ranking.ts";
import type { Closing } from "./watchers.ts";
import { Watchers } from "./watchers.ts";

const SOCKETS_A_PERSON = 8;
const REMOVED_AT_ONCE = 20_000;
const SWEPT_AT_ONCE = 20_000;

/** The board of one scope: every window and season of it are rows here, so one submission moves them all in one commit. */
export class Leaderboard extends DurableObject<Env> {
  readonly #ranking: Ranking;
  readonly #watchers: Watchers;
  readonly #live: Live;
  readonly #intake: Intake;
  readonly #wake: Wake;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#ranking = new Ranking(ctx.storage.sql);
    this.#watchers = new Watchers(ctx.getWebSockets());
    this.#live = new Live(this.#ranking, this.#watchers);
    this.#wake = new Wake(ctx.storage);
    this.#intake = new Intake(this.#ranking, {
      committed: () => ctx.storage.sync(),
      before: () => this.#live.prepare(),
      after: () => this.#live.changed(),
    });
  }

  ping(): "ok" {
    return "ok";
  }

  async submit(entries: readonly BoardEntry[]): Promise<void> {
    await this.#intake.submit(entries);
    await this.#wake.at(this.#nextRemoval());
  }

  /** Takes somebody off the board for good, and forgets their name. */
  remove(userId: string): void {
    this.#live.prepare();
    const moves = this.#ranking.remove(userId);
    this.#ranking.follow(moves);
    this.#live.changed();
  }

  page(request: PageRequest): BoardPage {
    return this.#ranking.page(request);
  }

  standing(request: StandingRequest): Standing {
    return this.#ranking.standing(request);
  }

  /** Somebody's own rank, whether or not others see it. */
  rank(season: string, userId: string): { rank: number | null; score: number } {
    return this.#ranking.rank(season, userId);
  }

  subset(request: SubsetRequest): { total: number; entries: Ranked[] } {
    return this.#ranking.subset(request);
  }

  /** How several seasons stand: the first of each, and how many people have each score. */
  finals(seasons: readonly string[], limit: number): SeasonFinals[] {
    return seasons.map((season) => ({
      season,
      entries: this.#ranking.page({ season, limit }).entries,
      scores: this.#ranking.spread(season),
    }));
  }

  /** Tells of a new season, should the alarm have been missed. */
  wake(): void {
    this.#live.roll();
  }

  /** Whose ledger rows up to `seq` have not all arrived here. */
  behind(people: readonly { userId: string; seq: number }[]): string[] {
    return people.filter(({ userId, seq }) => this.#ranking.seqOf(userId, "all") < seq).map(({ userId }) => userId);
  }

  /**
   * Opens a rebuild: what is not confirmed from now on, by `rebuild` or by a submission, is what `sweep` removes.
   * Null when one is under way; who insists takes over.
   */
  beginRebuild(insist: boolean): number | null {
    return this.#ranking.beginGeneration(insist) ?? null;
  }

  /** False when a later rebuild has taken over. */
  async rebuild(generation: number, entries: readonly BoardEntry[]): Promise<boolean> {
    if (generation !== this.#ranking.generation) return false;
    this.#ranking.touchGeneration();
    await this.#intake.submit(entries, generation);
    return true;
  }

  /** Removes what the ledger knows nothing of, some people a call; gives where to go on (from 0), null at the end. */
  sweep(generation: number, after: number): number | null {
    if (generation !== this.#ranking.generation) return null;
    this.#live.prepare();
    const { moves, next } = this.ctx.storage.transactionSync(() =>
      this.#ranking.sweep(generation, after, SWEPT_AT_ONCE),
    );
    this.#ranking.follow(moves);
    this.#live.changed();
    return next;
  }

  /** Only the upgrade, with the identity that the Worker vouches for. Everything else is RPC. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
    const identity = decodeWatcher(request.headers.get(WATCHER_HEADER));
    if (identity === undefined) return new Response(null, { status: 401 });
    if (this.#watchers.connections(identity.userId) >= SOCKETS_A_PERSON) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#live.enter(server, identity);
    await this.#wake.at(this.#live.due());
    const headers = { ...(identity.subprotocol && { "sec-websocket-protocol": identity.subprotocol }) };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(socket: WebSocket): void {
    this.#watchers.leave(socket);
    socket.close(1008, "this socket only tells");
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#watchers.leave(socket);
    answerClose(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#watchers.leave(socket);
  }

  closeSockets(whose: Closing, code: number, reason: string): void {
    this.#watchers.close(
      ({ userId, sessionId }) => ("userId" in whose ? userId === whose.userId : sessionId === whose.sessionId),
      code,
      reason,
    );
  }

  /** Hangs up on sockets that have outlived their access token, tells of new seasons, and removes what is long over. */
  override async alarm(): Promise<void> {
    this.#wake.rang();
    const now = Date.now();
    this.#watchers.close(({ expiresAt }) => expiresAt <= now, 4401, "token expired");
    this.#live.roll();
    const outdated = this.#ranking.seasons.outdated();
    if (outdated !== undefined) this.#ranking.removeSome(outdated, REMOVED_AT_ONCE);
    await this.#wake.at(Math.min(this.#live.due(), this.#nextRemoval()));
  }

  /** When the first season has been kept for long enough, in real time (ms). */
  #nextRemoval(): number {
    return this.#ranking.seasons.firstRemoval() + Date.now() - clock.now().getTime();
  }
}
