import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { app } from "../../src/app.ts";
import { get, ORIGIN, post } from "../helpers/client.ts";
import { learner } from "../helpers/factories.ts";

async function metricsAs(authorization: string | undefined, configuration: Record<string, string>): Promise<number> {
  const execution = createExecutionContext();
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const response = await app.fetch(
    new Request(`${ORIGIN}/metrics`, { headers }),
    { ...env, ...configuration },
    execution,
  );
  await waitOnExecutionContext(execution);
  return response.status;
}

const PRODUCTION = { ENVIRONMENT: "production", ADMIN_PASSWORD: "Wrong-Harbour-7", RATE_LIMITS: "on" };

test("metrics are open in development alone; without a token nothing opens them elsewhere", async () => {
  expect(await metricsAs(undefined, {})).toBe(200);
  for (const authorization of [undefined, "Bearer undefined", "Bearer ", "undefined"])
    expect([authorization, await metricsAs(authorization, PRODUCTION)]).toEqual([authorization, 401]);
});

test("a metrics token is asked for wherever there is one", async () => {
  for (const configuration of [{}, PRODUCTION]) {
    const guarded = { ...configuration, METRICS_TOKEN: "scrape-me" };
    expect(await metricsAs("Bearer scrape-me", guarded)).toBe(200);
    for (const authorization of [undefined, "Bearer nope", "scrape-me"])
      expect(await metricsAs(authorization, guarded)).toBe(401);
  }
});

test("failures tell the same time as successes", async () => {
  const { token } = await learner();
  const moved = await post("/dev/clock", { now: "2031-05-04T03:02:01.000Z" });
  const answers = await Promise.all(["goals", "goals?limit=0", "nope"].map((path) => get(`/api/v1/${path}`, token)));
  await post("/dev/clock", { reset: true });
  expect(moved.body).toEqual({ now: expect.stringContaining("2031-05-04") });
  expect(answers.map(({ status, body }) => [status, body.meta.timestamp.slice(0, 10)])).toEqual(
    [200, 400, 404].map((status) => [status, "2031-05-04"]),
  );
});
