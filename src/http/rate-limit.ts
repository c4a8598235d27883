import type { Context, MiddlewareHandler } from "hono";
import { configOf } from "../platform/config.ts";
import { AppError } from "../platform/errors.ts";
import { requireUser } from "./authentication.ts";
import type { AppEnv } from "./env.ts";

/** The address Cloudflare saw, an IPv6 one by its /64: the rest is the subscriber's to choose. Nothing a client sends is believed. */
export function clientNetwork(c: Context<AppEnv>): string {
  const address = c.req.header("CF-Connecting-IP") ?? "unknown";
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter(Boolean).length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...(tail ?? "").split(":")]
    .slice(0, 4)
    .join(":");
}

async function spend(c: Context<AppEnv>, limiter: RateLimit, key: string): Promise<void> {
  if (configOf(c.env).RATE_LIMITS === "off") return;
  const { success } = await limiter.limit({ key });
  if (!success)
    throw new AppError("RATE_LIMITED", "Too many requests; slow down.", {
      retryAfter: 60 - (Math.floor(Date.now() / 1000) % 60),
    });
}

export const rateLimitByIp: MiddlewareHandler<AppEnv> = async (c, next) => {
  await spend(c, c.env.RATE_LIMIT_IP, clientNetwork(c));
  await next();
};

/** For register, login and whatever mails somebody: per network here, per account in `limitAccount`. */
export const rateLimitAuth: MiddlewareHandler<AppEnv> = async (c, next) => {
  await spend(c, c.env.RATE_LIMIT_AUTH, `${c.req.path}:${clientNetwork(c)}`);
  await next();
};

/** Per account, known or not, before anything is looked up or hashed. */
export const limitAccount = (c: Context<AppEnv>, account: string): Promise<void> =>
  spend(c, c.env.RATE_LIMIT_AUTH, `account:${c.req.routePath}:${account.toLowerCase()}`);

/** Per user, for what asks a model: the quota bounds a day, this bounds a minute. */
export const rateLimitAi: MiddlewareHandler<AppEnv> = async (c, next) => {
  await spend(c, c.env.RATE_LIMIT_AI, requireUser(c).id);
  await next();
};
