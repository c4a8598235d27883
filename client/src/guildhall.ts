import type { Client } from "openapi-fetch";
import createFetchClient from "openapi-fetch";
import type { paths } from "./api.ts";
import type { LeaderboardTells, NotificationsTells } from "./frames.ts";
import { Listeners } from "./listeners.ts";
import type { LiveOptions, Way } from "./live-socket.ts";
import { LiveSocket } from "./live-socket.ts";
import { RoomError, RoomSocket } from "./room.ts";
import type { Fetch, Tokens, TokenStore } from "./session.ts";
import { Session, inMemory } from "./session.ts";

export { RoomError, RoomSocket, inMemory };
export type { Fetch, Tokens, TokenStore };

export interface GuildhallOptions {
  /** Where it runs, without a slash at the end. */
  baseUrl: string;
  /** Stands in for the global `fetch`, such as a service binding's. */
  fetch?: Fetch;
  tokens?: TokenStore;
  /** Stands in for the global `WebSocket`. */
  WebSocket?: typeof WebSocket;
}

type SocketOptions = Pick<LiveOptions, "onState">;

/** A socket that only tells. */
export interface Feed<Frames> {
  on<T extends keyof Frames>(type: T, listener: (payload: Frames[T]) => void): () => void;
  close(): void;
}

export interface Guildhall {
  /** Every operation of the API: `api.GET("/api/v1/goals", { params: { query: { limit: 5 } } })`. */
  api: Client<paths>;
  /** Signs in and keeps the tokens; false when the address or the password is wrong, or more is asked for. */
  signIn(credentials: { email: string; password: string }): Promise<boolean>;
  signOut(): Promise<void>;
  room(id: string, options?: SocketOptions & { after?: number }): RoomSocket;
  leaderboard(query?: { scope?: string; window?: string }, options?: SocketOptions): Feed<LeaderboardTells>;
  notifications(options?: SocketOptions): Feed<NotificationsTells>;
}

export function createGuildhall({ baseUrl, WebSocket, ...options }: GuildhallOptions): Guildhall {
  const store = options.tokens ?? inMemory();
  const session = new Session({ baseUrl, store, fetch: options.fetch ?? ((request) => fetch(request)) });
  const api = createFetchClient<paths>({ baseUrl, fetch: session.fetch });

  const feed = <Frames>(way: () => Promise<Way>, { onState }: SocketOptions = {}): Feed<Frames> => {
    const listeners = new Listeners<Frames>();
    const onFrame = (frame: { type: string; payload: unknown }) => listeners.tell(frame.type, frame.payload);
    const socket = new LiveSocket({ way, onFrame, onState, WebSocket });
    return { on: (type, listener) => listeners.on(type, listener), close: () => socket.close() };
  };

  return {
    api,
    async signIn(body) {
      const { data } = await api.POST("/api/v1/auth/login", { body });
      if (!data || !("accessToken" in data.data)) return false;
      const { accessToken, refreshToken } = data.data;
      await store.write({ accessToken, refreshToken });
      return true;
    },
    async signOut() {
      await api.POST("/api/v1/auth/logout");
      await store.write(null);
    },
    room: (id, { after, onState } = {}) => {
      const params = { path: { id } };
      const way = async () => ticketOf(await api.POST("/api/v1/rooms/{id}/tickets", { params }));
      return new RoomSocket({ way, after, onState, WebSocket });
    },
    leaderboard: (query = {}, options) =>
      feed(async () => {
        const { url, ticket } = ticketOf(await api.POST("/api/v1/leaderboard/tickets"));
        return { url: `${url}?${new URLSearchParams(query).toString()}`, ticket };
      }, options),
    notifications: (options) => feed(async () => ticketOf(await api.POST("/api/v1/notifications/tickets")), options),
  };
}

function ticketOf({ data, response }: { data?: { data: Way } | undefined; response: Response }): Way {
  if (!data) throw new Error(`No ticket: ${response.status}`);
  return data.data;
}
