import { clock } from "../../platform/clock.ts";
import { seasonEnd, seasonOf } from "../../platform/seasons.ts";
import { differences } from "./differences.ts";
import type { WatcherIdentity } from "./identity.ts";
import type { BoardPage } from "./protocol.ts";
import type { Ranking } from "./ranking.ts";
import type { Watchers } from "./watchers.ts";

/** How much of the board everybody watches; beyond it each watches their own rank. */
const WATCHED_ENTRIES = 100;
const UPDATE_INTERVAL_MS = 1_000;
/** Own ranks cost about so much each: thousands of watchers are told a little less often. */
const MS_A_WATCHER = 0.25;

/** Tells the watchers how the board stands, and then, at most once a second, what has changed of what they watch. */
export class Live {
  readonly #ranking: Ranking;
  readonly #watchers: Watchers;
  /** What the watchers of a season were last told of it. */
  readonly #told = new Map<string, BoardPage>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastUpdateMs = 0;

  constructor(ranking: Ranking, watchers: Watchers) {
    this.#ranking = ranking;
    this.#watchers = watchers;
  }

  enter(socket: WebSocket, { scope, window, userId, sessionId, expiresAt }: WatcherIdentity): void {
    const season = seasonOf(window, clock.now());
    this.#watchers.keep(socket, { scope, window, season, userId, sessionId, expiresAt });
    this.#tellSnapshot(season, [socket]);
  }

  /** Before rows move: remembers what watchers were told, if hibernation has wiped it. */
  prepare(): void {
    for (const season of this.#watchers.seasons()) {
      if (this.#told.has(season)) continue;
      this.#told.set(season, this.#read(season));
      const own = this.#ownStandings(season);
      for (const [socket, { userId }] of this.#watchers.of(season)) this.#watchers.told.set(socket, own(userId));
    }
  }

  /** After rows have moved: tells it at once, or when the second since the last time is over. */
  changed(): void {
    if (this.#watchers.size === 0 || this.#timer !== undefined) return;
    const interval = Math.max(UPDATE_INTERVAL_MS, this.#watchers.size * MS_A_WATCHER);
    const wait = this.#lastUpdateMs + interval - Date.now();
    if (wait <= 0) this.update();
    else this.#timer = setTimeout(() => this.update(), wait);
  }

  update(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastUpdateMs = Date.now();
    this.roll();
    for (const season of this.#watchers.seasons()) this.#tellChanges(season);
  }

  /** Where a season has ended the next one begins, with a snapshot. */
  roll(): void {
    const now = clock.now();
    const rolled = new Map<string, WebSocket[]>();
    for (const [socket, watcher] of this.#watchers.entries()) {
      const season = seasonOf(watcher.window, now);
      if (season === watcher.season) continue;
      this.#watchers.keep(socket, { ...watcher, season });
      rolled.set(season, [...(rolled.get(season) ?? []), socket]);
    }
    for (const [season, sockets] of rolled) this.#tellSnapshot(season, sockets);
    const watched = this.#watchers.seasons();
    for (const season of this.#told.keys()) if (!watched.has(season)) this.#told.delete(season);
  }

  /** When the next socket has to go or the next season begins, in real time (ms): tokens live in it, seasons in the clock's. */
  due(): number {
    const expiries = this.#watchers.entries().map(([, { expiresAt }]) => expiresAt);
    const offset = Date.now() - clock.now().getTime();
    const ends = [...this.#watchers.seasons()].flatMap((season) => seasonEnd(season)?.getTime() ?? []);
    return Math.min(...expiries, ...ends.map((end) => end + offset));
  }

  #tellSnapshot(season: string, sockets: readonly WebSocket[]): void {
    const page = this.#read(season);
    if (!this.#told.has(season)) this.#told.set(season, page);
    const open = new Map(this.#watchers.of(season));
    const own = this.#ownStandings(season);
    for (const socket of sockets) {
      const watcher = open.get(socket);
      if (watcher === undefined) continue;
      const { scope, window, userId } = watcher;
      const me = own(userId);
      this.#watchers.told.set(socket, me);
      const payload = { scope, window, season, total: page.total, entries: page.entries };
      this.#watchers.send(socket, frame("leaderboard_snapshot", JSON.stringify(payload), me));
    }
  }

  /** Serialised once for all; only the own standing differs. Who would learn nothing new is not written to. */
  #tellChanges(season: string): void {
    const old = this.#told.get(season);
    const page = this.#read(season);
    this.#told.set(season, page);
    const changes = differences(old?.entries ?? [], page.entries);
    const news = changes.length > 0 || old?.total !== page.total;
    const payload = JSON.stringify({ total: page.total, changes });
    const own = this.#ownStandings(season);
    for (const [socket, { userId }] of this.#watchers.of(season)) {
      const me = own(userId);
      if (!news && this.#watchers.told.get(socket) === me) continue;
      this.#watchers.told.set(socket, me);
      this.#watchers.send(socket, frame("leaderboard_update", payload, me));
    }
  }

  #read(season: string): BoardPage {
    return this.#ranking.page({ season, limit: WATCHED_ENTRIES });
  }

  /** A person's own rank and score as JSON, looked up once however many sockets they have. */
  #ownStandings(season: string): (userId: string) => string {
    const known = new Map<string, string>();
    return (userId) => {
      const found = known.get(userId);
      if (found !== undefined) return found;
      const me = JSON.stringify(this.#ranking.rank(season, userId));
      known.set(userId, me);
      return me;
    };
  }
}

const frame = (type: string, payload: string, me: string): string =>
  `{"type":"${type}","payload":${payload.slice(0, -1)},"me":${me}},"timestamp":"${clock.now().toISOString()}"}`;
