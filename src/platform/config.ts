import { z } from "zod";
import { isSmtpUrl } from "./smtp/url.ts";
import { VapidKeys } from "./push/vapid.ts";
import type { Logins } from "./oauth/settings.ts";
import { loginsOf } from "./oauth/settings.ts";

const text = z.string().min(1);
/** An empty variable is an unset one. */
const optional = z.preprocess((value) => (value === "" ? undefined : value), text.optional());
const count = (fallback: number) =>
  z.preprocess((value) => (value === "" || value === undefined ? fallback : Number(value)), z.int().min(0));

const amount = z.preprocess(
  (value) => (value === "" || value === undefined ? undefined : Number(value)),
  z.number().min(0).optional(),
);

const JwkSet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: text, d: text.optional(), kid: text }))
    .min(1)
    .refine((keys) => keys[0]?.d !== undefined, "the first key must be private: it signs"),
});

const json = text.transform((value, ctx) => {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    ctx.addIssue("not JSON");
    return z.NEVER;
  }
});

/** One key, or a JWK set of which the first counts. */
const Vapid = json.transform((value) => (value as { keys?: unknown[] } | null)?.keys?.[0] ?? value).pipe(VapidKeys);

const Settings = z.object({
  ENVIRONMENT: z.enum(["development", "test", "production"]).default("development"),
  APP_URL: optional,
  /** Where `npm run dev` serves, for links that no request asks for. */
  LOCAL_ORIGIN: z.preprocess((value) => value || undefined, z.url().default("http://localhost:8787")),
  ALLOWED_ORIGINS: z
    .string()
    .default("")
    .transform((value) => value.split(",").flatMap((origin) => origin.trim() || [])),
  JWT_KEYS: json.pipe(JwkSet),
  JWT_ISSUER: text.default("guildhall"),
  JWT_AUDIENCE: text.default("guildhall"),
  TOKEN_SECRET: text.min(32, "at least 32 characters"),
  ADMIN_EMAIL: z.preprocess((value) => value || undefined, z.email().default("admin@guildhall.local")),
  ADMIN_PASSWORD: optional,
  MAIL_PROVIDER: z.preprocess(
    (value) => value || undefined,
    z.enum(["mailbox", "binding", "smtp", "resend"]).optional(),
  ),
  MAIL_FROM: z.preprocess((value) => value || undefined, text.default("Guildhall <no-reply@guildhall.local>")),
  SMTP_URL: optional.refine((value) => value === undefined || isSmtpUrl(value), "smtp://… or smtps://…"),
  RESEND_API_KEY: optional,
  RESEND_BASE_URL: z.preprocess((value) => value || undefined, z.url().default("https://api.resend.com")),
  /** `whsec_…`: signs what the mail provider tells about bounces and complaints. */
  MAIL_WEBHOOK_SECRET: optional,
  AI_PROVIDER: z.preprocess((value) => value || undefined, z.enum(["offline", "openai", "workers-ai"]).optional()),
  AI_BASE_URL: optional,
  AI_API_KEY: optional,
  AI_MODEL: optional,
  AI_DAILY_JOBS: count(20),
  AI_DAILY_EXPLANATIONS: count(50),
  /** Price of a million tokens, in whatever currency `AI_DAILY_BUDGET` is in. */
  AI_PRICE_INPUT: amount.transform((price) => price ?? 0),
  AI_PRICE_OUTPUT: amount.transform((price) => price ?? 0),
  /** What all people together may cost a UTC day; without it there is no bound. */
  AI_DAILY_BUDGET: amount,
  /** Features that are off whatever the switches say: `feedback`, `generate`, `explain`. */
  AI_DISABLED: z
    .string()
    .default("")
    .transform((value) => value.split(",").flatMap((name) => name.trim() || []))
    .pipe(z.array(z.enum(["feedback", "generate", "explain"]))),
  /** A P-256 key pair as a JWK; without one there is no web push. */
  VAPID_KEYS: z.preprocess((value) => value || undefined, Vapid.optional()),
  METRICS_TOKEN: optional,
  SENTRY_DSN: optional,
  RATE_LIMITS: z.preprocess((value) => value || undefined, z.enum(["on", "off"]).default("on")),
});

const MAIL_NEEDS = { smtp: "SMTP_URL", resend: "RESEND_API_KEY" } as const;

const Checked = Settings.superRefine((settings, ctx) => {
  const { MAIL_PROVIDER } = settings;
  const needed = MAIL_PROVIDER === "smtp" || MAIL_PROVIDER === "resend" ? MAIL_NEEDS[MAIL_PROVIDER] : undefined;
  if (needed && !settings[needed])
    ctx.addIssue({ code: "custom", path: [needed], message: `required with MAIL_PROVIDER=${MAIL_PROVIDER}` });
  if (settings.ENVIRONMENT !== "production") return;
  if (settings.RATE_LIMITS === "off")
    ctx.addIssue({ code: "custom", path: ["RATE_LIMITS"], message: "must be on in production" });
  if (!settings.ADMIN_PASSWORD)
    ctx.addIssue({ code: "custom", path: ["ADMIN_PASSWORD"], message: "required in production" });
});

/** `LOGINS` gathers `GITHUB_*`, `GOOGLE_*` and `OIDC_<NAME>_*`. */
export type Config = z.infer<typeof Settings> & { LOGINS: Logins };

/** Which variables are missing or wrong; it never carries a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly variables: string[];

  constructor(faults: readonly string[]) {
    const variables = [...new Set(faults)];
    super(`Configuration: ${variables.join(", ")} missing or not valid.`);
    this.variables = variables;
  }
}

const parsed = new WeakMap<object, Config | ConfigError>();

/** The configuration, parsed once per isolate. Throws a `ConfigError` that names the variables at fault. */
export function configOf(env: object): Config {
  let config = parsed.get(env);
  if (!config) {
    const result = Checked.safeParse(env);
    const { logins, faults } = loginsOf(env);
    const wrong = [...(result.error?.issues ?? []).map((issue) => String(issue.path[0])), ...faults];
    config = result.success && wrong.length === 0 ? { ...result.data, LOGINS: logins } : new ConfigError(wrong);
    parsed.set(env, config);
  }
  if (config instanceof ConfigError) throw config;
  return config;
}
