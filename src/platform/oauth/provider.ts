/** Who a provider says somebody is. */
export interface ProviderProfile {
  subject: string;
  email: string | null;
  emailVerified: boolean;
  name: string | null;
  avatarUrl: string | null;
}

/** What ties an answer to its question; all random, all new for each login. */
export interface FlowSecrets {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** The authorization code flow (RFC 6749, RFC 7636) with one provider. Both calls may throw an `OAuthFailure`. */
export interface LoginProvider {
  /** Where the browser goes to sign in. */
  authorizationUrl(flow: FlowSecrets, redirectUri: string): Promise<URL>;
  /** Checks what came back, trades the code, and asks who it is. */
  profile(answer: URLSearchParams, flow: FlowSecrets, redirectUri: string): Promise<ProviderProfile>;
}

/** The person or the provider said no, or the provider's answer cannot be trusted. */
export class OAuthFailure extends Error {
  override readonly name = "OAuthFailure";
  readonly denied: boolean;

  constructor(message: string, options: { denied?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.denied = options.denied ?? false;
  }
}
