const GITHUB_URL = "https://github.com";
const GOOGLE_ISSUER = "https://accounts.google.com";
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

export interface LoginSettings {
  kind: "openid" | "github";
  /** The issuer of an OpenID provider; where GitHub, or a GitHub Enterprise Server, is. */
  issuer: string;
  clientId: string;
  clientSecret: string;
}

/** The logins that are offered, by the name in their path. */
export type Logins = ReadonlyMap<string, LoginSettings>;

/** Reads `GITHUB_*`, `GOOGLE_*` and `OIDC_<NAME>_*`; `faults` names the variables that are missing or wrong. */
export function loginsOf(env: object): { logins: Logins; faults: string[] } {
  const values = new Map(Object.entries(env).flatMap(([name, value]) => text(name, value)));
  const insecure = values.get("ENVIRONMENT") !== "production";
  const logins = new Map<string, LoginSettings>();
  const faults: string[] = [];

  const offer = (name: string, prefix: string, kind: LoginSettings["kind"], issuer: string | undefined) => {
    const clientId = values.get(`${prefix}_CLIENT_ID`);
    const clientSecret = values.get(`${prefix}_CLIENT_SECRET`);
    if (!clientId) faults.push(`${prefix}_CLIENT_ID`);
    if (!clientSecret) faults.push(`${prefix}_CLIENT_SECRET`);
    if (!issuer || !isTrustworthy(issuer, insecure)) faults.push(ISSUER_VARIABLES[prefix] ?? `${prefix}_ISSUER`);
    else if (clientId && clientSecret) logins.set(name, { kind, issuer, clientId, clientSecret });
  };

  const named = (prefix: string) => values.has(`${prefix}_CLIENT_ID`) || values.has(`${prefix}_CLIENT_SECRET`);
  if (named("GITHUB")) offer("github", "GITHUB", "github", values.get("GITHUB_BASE_URL") ?? GITHUB_URL);
  if (named("GOOGLE")) offer("google", "GOOGLE", "openid", GOOGLE_ISSUER);
  for (const name of openidNames(values.keys()))
    offer(name.toLowerCase(), `OIDC_${name}`, "openid", values.get(`OIDC_${name}_ISSUER`));
  return { logins, faults };
}

const ISSUER_VARIABLES: Record<string, string> = { GITHUB: "GITHUB_BASE_URL" };

/** An empty variable is an unset one. */
const text = (name: string, value: unknown): [string, string][] =>
  typeof value === "string" && value !== "" ? [[name, value]] : [];

const openidNames = (variables: Iterable<string>): Set<string> =>
  new Set(
    [...variables].flatMap(
      (name) => /^OIDC_(?<name>[A-Z0-9_]+?)_(?:ISSUER|CLIENT_ID|CLIENT_SECRET)$/u.exec(name)?.groups?.["name"] ?? [],
    ),
  );

/** Codes, secrets and keys travel there: TLS always, but for a server on this machine while developing. */
function isTrustworthy(address: string, insecure: boolean): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || (insecure && protocol === "http:" && LOOPBACK.has(hostname));
}
