import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { ServiceContext } from "../../src/context.ts";
import { createContext } from "../../src/context.ts";
import { ensureSuperadmin } from "../../src/features/admin/superadmin.ts";
import type { Config } from "../../src/platform/config.ts";
import { DEMO_PASSWORD } from "../../src/platform/passwords.ts";
import { call, get, post } from "../helpers/client.ts";
import { PASSWORD, learner, signIn } from "../helpers/factories.ts";

const ME = "/api/v1/users/me";

let count = 0;

/** As a deployment with these settings and without a superadmin. */
function deployment(settings: Partial<Config> = {}): ServiceContext {
  count += 1;
  const ctx = createContext(env, { waitUntil: () => undefined });
  const config = {
    ...ctx.config,
    ADMIN_EMAIL: `Root_${count}@example.org`,
    ADMIN_PASSWORD: "Bright-Meadow-3",
    ...settings,
  };
  return { ...ctx, config };
}

const superadmins = async () => {
  const { results } = await env.DB.prepare("SELECT email, username FROM users WHERE role = 'superadmin'").all();
  return results;
};

const login = (ctx: ServiceContext, password = ctx.config.ADMIN_PASSWORD) =>
  post("/api/v1/auth/login", { email: ctx.config.ADMIN_EMAIL, password });

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("UPDATE users SET role = 'student' WHERE role = 'superadmin'"),
    env.DB.prepare("UPDATE users SET username = id WHERE username = 'admin'"),
  ]);
});

describe("the superadmin of the configuration", () => {
  it("is made once, however many look at once, and then costs nothing", async () => {
    const ctx = deployment();
    const other = { ...deployment(), config: { ...ctx.config } };
    await Promise.all([ensureSuperadmin(ctx), ensureSuperadmin(other), ensureSuperadmin(ctx)]);
    expect(await superadmins()).toEqual([{ email: ctx.config.ADMIN_EMAIL.toLowerCase(), username: "admin" }]);
    const before = ctx.meter.roundTrips;
    await ensureSuperadmin(ctx);
    expect(ctx.meter.roundTrips).toBe(before);
    const { status, data } = await login(ctx);
    expect([status, data.user.roles, data.user.emailVerified]).toEqual([200, ["superadmin"], true]);
    expect((await get("/api/v1/admin/users", data.accessToken)).status).toBe(200);
  });

  it("is not made where there is one, whoever it is", async () => {
    const ana = await learner();
    await env.DB.prepare("UPDATE users SET role = 'superadmin' WHERE id = ?").bind(ana.id).run();
    const ctx = deployment();
    await ensureSuperadmin(ctx);
    expect(await superadmins()).toEqual([{ email: ana.email, username: ana.username }]);
    expect((await login(ctx)).status).toBe(401);
  });

  it("takes another name where somebody is called admin", async () => {
    await learner({ username: "admin" });
    await ensureSuperadmin(deployment());
    expect((await superadmins())[0]?.["username"]).toMatch(/^admin_[0-9a-f]{8}$/u);
  });

  it("takes the account over from whoever registered the address before, with every way in", async () => {
    const ctx = deployment();
    const squatter = await learner({ email: ctx.config.ADMIN_EMAIL });
    await ensureSuperadmin(ctx);
    expect((await get(ME, squatter.token)).status).toBe(401);
    expect((await post("/api/v1/auth/refresh", { refreshToken: squatter.refreshToken })).status).toBe(401);
    expect((await login(ctx, PASSWORD)).status).toBe(401);
    expect((await login(ctx)).data.user).toMatchObject({ id: squatter.id, roles: ["superadmin"] });
  });
});

describe("with the demo password", () => {
  it("nothing but another password is allowed in production", async () => {
    const ctx = deployment({ ENVIRONMENT: "production", ADMIN_PASSWORD: DEMO_PASSWORD });
    await ensureSuperadmin(ctx);
    const { status, data } = await login(ctx);
    expect(status).toBe(200);
    const token = data.accessToken as string;
    for (const path of [ME, "/api/v1/admin/users", "/api/v1/goals", "/api/users/me"]) {
      const answer = await get(path, token);
      expect([path, answer.status, answer.code]).toEqual([path, 403, "PASSWORD_CHANGE_REQUIRED"]);
    }
    expect((await call("PATCH", ME, { token, body: { bio: "x" } })).code).toBe("PASSWORD_CHANGE_REQUIRED");

    const refreshed = await post("/api/v1/auth/refresh", { refreshToken: data.refreshToken });
    expect((await get(ME, refreshed.data.accessToken)).code).toBe("PASSWORD_CHANGE_REQUIRED");

    const change = (newPassword: string) =>
      post("/api/auth/password/change", { currentPassword: DEMO_PASSWORD, newPassword }, token);
    expect((await change(DEMO_PASSWORD)).status).toBe(400);
    expect((await change("Quiet-River-9")).status).toBe(204);
    const after = await post("/api/v1/auth/refresh", { refreshToken: refreshed.data.refreshToken });
    expect((await get(ME, after.data.accessToken)).status).toBe(200);
  });

  it("all is allowed elsewhere, and with a password of one's own in production too", async () => {
    for (const settings of [
      { ENVIRONMENT: "development", ADMIN_PASSWORD: undefined },
      { ENVIRONMENT: "production" },
    ] as const) {
      await env.DB.prepare("UPDATE users SET role = 'student', username = id WHERE role = 'superadmin'").run();
      const ctx = deployment(settings);
      await ensureSuperadmin(ctx);
      const { data } = await login(ctx, ctx.config.ADMIN_PASSWORD ?? DEMO_PASSWORD);
      expect((await get(ME, data.accessToken)).status).toBe(200);
    }
  });
});

it("the first login with the configured address makes it, without waiting for the cron", async () => {
  const ctx = createContext(env, { waitUntil: () => undefined });
  const email = ctx.config.ADMIN_EMAIL;
  const known = await env.DB.prepare("SELECT 1 FROM users WHERE email = ?").bind(email).first();
  expect(known).toBeNull();
  const answer = await post("/api/v1/auth/login", { email, password: ctx.config.ADMIN_PASSWORD ?? DEMO_PASSWORD });
  expect([answer.status, answer.data?.user.roles]).toEqual([200, ["superadmin"]]);
  await expect(signIn({ ...(await learner()), email: "nobody@example.org" })).rejects.toThrow("INVALID_CREDENTIALS");
});
