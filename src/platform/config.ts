import { z } from "zod";

const text = z.string().min(1);
/** An empty variable is an unset one. */
const optional = z.preprocess((value) => (value === "" ? undefined : value), text.optional());
const count = (fallback: number) =>
  z.preprocess((value) => (value === "" || value === undefined ? fallback : Number(value)), z.int().min(0));

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

const Settings = z.object({
  ENVIRONMENT: z.enum(["development", "test", "production"]).default("development"),
  APP_URL: optional,
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
  MAIL_PROVIDER: z.preprocess((value) => value || undefined, z.enum(["mailbox", "binding"]).optional()),
  MAIL_FROM: z.preprocess((value) => value || undefined, text.default("Guildhall <no-reply@guildhall.local>")),
  AI_PROVIDER: z.preprocess((value) => value || undefined, z.enum(["offline", "openai", "workers-ai"]).optional()),
  AI_BASE_URL: optional,
  AI_API_KEY: optional,
  AI_MODEL: optional,
  AI_DAILY_JOBS: count(20),
  AI_DAILY_EXPLANATIONS: count(50),
  METRICS_TOKEN: optional,
  RATE_LIMITS: z.preprocess((value) => value || undefined, z.enum(["on", "off"]).default("on")),
});

const Checked = Settings.superRefine((settings, ctx) => {
  if (settings.ENVIRONMENT !== "production") return;
  if (settings.RATE_LIMITS === "off")
    ctx.addIssue({ code: "custom", path: ["RATE_LIMITS"], message: "must be on in production" });
  if (!settings.ADMIN_PASSWORD)
    ctx.addIssue({ code: "custom", path: ["ADMIN_PASSWORD"], message: "required in production" });
});

export type Config = z.infer<typeof Settings>;

/** Which variables are missing or wrong; it never carries a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly variables: string[];

  constructor(issues: readonly z.core.$ZodIssue[]) {
    const variables = [...new Set(issues.map((issue) => String(issue.path[0])))];
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
    config = result.success ? result.data : new ConfigError(result.error.issues);
    parsed.set(env, config);
  }
  if (config instanceof ConfigError) throw config;
  return config;
}
