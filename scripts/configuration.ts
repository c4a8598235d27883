import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseEnv } from "node:util";
import { root } from "./process.ts";
import { createSecrets } from "./secrets.ts";

const devVars = path.join(root, ".dev.vars");

const names = new Set(
  `ENVIRONMENT APP_URL ALLOWED_ORIGINS JWT_KEYS JWT_ISSUER JWT_AUDIENCE TOKEN_SECRET ADMIN_EMAIL ADMIN_PASSWORD
   MAIL_PROVIDER MAIL_FROM SMTP_URL RESEND_API_KEY RESEND_BASE_URL MAIL_WEBHOOK_SECRET
   AI_PROVIDER AI_BASE_URL AI_API_KEY AI_MODEL AI_DAILY_JOBS AI_DAILY_EXPLANATIONS AI_PRICE_INPUT AI_PRICE_OUTPUT AI_DAILY_BUDGET AI_DISABLED
   GITHUB_BASE_URL GITHUB_CLIENT_ID GITHUB_CLIENT_SECRET GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET
   VAPID_KEYS METRICS_TOKEN SENTRY_DSN RATE_LIMITS`.split(/\s+/),
);

const isConfiguration = (name: string): boolean =>
  names.has(name) || /^OIDC_[A-Z0-9_]+_(ISSUER|CLIENT_ID|CLIENT_SECRET)$/.test(name);

/** Writes the local secrets that `.dev.vars` does not have yet and leaves every other line as it is; returns the names it made. */
export async function createMissingSecrets(): Promise<string[]> {
  const text = await readDevVars();
  const present = parseEnv(text);
  const missing = Object.entries(await createSecrets()).filter(([name]) => present[name] === undefined);
  if (missing.length === 0) return [];
  const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  await writeFile(devVars, start + missing.map(([name, value]) => `${name}='${value}'\n`).join(""), { mode: 0o600 });
  return missing.map(([name]) => name);
}

/** What the Worker is configured with: `.dev.vars`, overridden by this process's environment. */
export async function localConfiguration(): Promise<Record<string, string>> {
  const all = { ...parseEnv(await readDevVars()), ...process.env };
  return Object.fromEntries(
    Object.entries(all).filter(
      (entry): entry is [string, string] => isConfiguration(entry[0]) && entry[1] !== undefined,
    ),
  );
}

const readDevVars = (): Promise<string> => readFile(devVars, "utf8").catch(() => "");
