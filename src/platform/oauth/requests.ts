import * as oauth from "oauth4webapi";

const PATIENCE_MS = 8000;

/** `http:` is only ever configured for a server on this machine; see `settings.ts`. */
export const requestOptions = (issuer: string) => ({
  signal: () => AbortSignal.timeout(PATIENCE_MS),
  [oauth.allowInsecureRequests]: issuer.startsWith("http:"),
});
