import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { configOf } from "../../src/platform/config.ts";
import { newId } from "../../src/platform/ids.ts";
import { ACCESS_TOKEN_SECONDS, accessTokens, CLOCK_TOLERANCE_SECONDS } from "../../src/platform/tokens.ts";

const subject = {
  id: newId(),
  username: "ana",
  email: "ana@example.org",
  role: "student",
  mustChangePassword: false,
} as const;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

it("ends a token at its time, also one that was verified before", async () => {
  const tokens = accessTokens(configOf(env));
  const token = await tokens.issue(subject, newId(), newId());
  const first = await tokens.verify(token);
  expect(await accessTokens(configOf(env)).verify(token)).toEqual(first);

  vi.advanceTimersByTime((ACCESS_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS - 1) * 1000);
  expect((await tokens.verify(token)).id).toBe(subject.id);
  vi.advanceTimersByTime(2_000);
  await expect(tokens.verify(token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
});

it("does not know a token of another issuer, nor a changed one, for having seen a good one", async () => {
  const config = configOf(env);
  const token = await accessTokens(config).issue(subject, newId(), newId());
  await accessTokens(config).verify(token);
  await expect(accessTokens({ ...config, JWT_ISSUER: "another" }).verify(token)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
  const [head, , signature] = token.split(".");
  const forged = [head, btoa(JSON.stringify({ sub: newId() })).replaceAll("=", ""), signature].join(".");
  await expect(accessTokens(config).verify(forged)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});
