export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

/** Where the tokens are between two requests; a browser may keep them elsewhere than in memory. */
export interface TokenStore {
  read(): Tokens | null | Promise<Tokens | null>;
  write(tokens: Tokens | null): void | Promise<void>;
}

export const inMemory = (tokens: Tokens | null = null): TokenStore => {
  let kept = tokens;
  return {
    read: () => kept,
    write: (next) => {
      kept = next;
    },
  };
};

export type Fetch = (request: Request) => Promise<Response>;

interface SessionOptions {
  baseUrl: string;
  fetch: Fetch;
  store: TokenStore;
}

/** Adds the access token, refreshes it when it has run out, and makes every POST safe to repeat. */
export class Session {
  readonly #options: SessionOptions;
  /** One for all requests that are refused at the same time: a refresh token is good once. */
  #refreshing: Promise<boolean> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  readonly fetch: Fetch = async (request) => {
    if (request.method === "POST" && !request.headers.has("Idempotency-Key"))
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    const again = request.clone();
    const used = await this.#authorize(request);
    const answer = await this.#options.fetch(request);
    if (answer.status !== 401 || used === null || isSigningIn(request)) return answer;
    if (!(await this.#renew(used))) return answer;
    await answer.body?.cancel();
    await this.#authorize(again);
    return await this.#options.fetch(again);
  };

  /** The access token the request goes with; null where it has none of ours. */
  async #authorize(request: Request): Promise<string | null> {
    if (request.headers.has("Authorization")) return null;
    const tokens = await this.#options.store.read();
    if (tokens) request.headers.set("Authorization", `Bearer ${tokens.accessToken}`);
    return tokens?.accessToken ?? null;
  }

  /** False when nobody is signed in any more. */
  async #renew(used: string): Promise<boolean> {
    const tokens = await this.#options.store.read();
    if (tokens && tokens.accessToken !== used) return true;
    this.#refreshing ??= this.#refresh(tokens).finally(() => {
      this.#refreshing = undefined;
    });
    return await this.#refreshing;
  }

  async #refresh(tokens: Tokens | null): Promise<boolean> {
    if (!tokens) return false;
    const { baseUrl, fetch, store } = this.#options;
    const request = new Request(`${baseUrl}/api/v1/auth/refresh`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ refreshToken: tokens.refreshToken }),
    });
    const answer = await fetch(request);
    if (answer.ok) {
      const { data } = (await answer.json()) as { data: Tokens };
      await store.write({ accessToken: data.accessToken, refreshToken: data.refreshToken });
      return true;
    }
    await answer.body?.cancel();
    if (answer.status === 401 || answer.status === 403) await store.write(null);
    return false;
  }
}

const isSigningIn = ({ url }: Request): boolean => /\/auth\/(?:login|register|refresh)$/u.test(new URL(url).pathname);
