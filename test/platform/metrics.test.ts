import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { count, drain, observe, putBack, renderMetrics } from "../../src/platform/metrics.ts";
import { METRIC_STORE, tellMetrics } from "../../src/platform/metric-sink.ts";
import { traceOf } from "../../src/platform/trace.ts";
import { get } from "../helpers/client.ts";

const valueOf = (text: string, series: string) =>
  Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1) ?? 0,
  );

describe("metrics", () => {
  it("writes a histogram's buckets cumulatively and escapes labels", () => {
    drain();
    observe("http_request_duration_seconds", { route: 'a"b\\' }, 0.02);
    observe("http_request_duration_seconds", { route: 'a"b\\' }, 0.02);
    observe("http_request_duration_seconds", { route: 'a"b\\' }, 9);
    const text = renderMetrics(drain());
    const series = (part: string, le = "") => `http_request_duration_seconds_${part}{route="a\\"b\\\\"${le}}`;
    expect(valueOf(text, series("bucket", ',le="0.01"'))).toBe(0);
    expect(valueOf(text, series("bucket", ',le="0.025"'))).toBe(2);
    expect(valueOf(text, series("bucket", ',le="5"'))).toBe(2);
    expect(valueOf(text, series("bucket", ',le="+Inf"'))).toBe(3);
    expect(valueOf(text, series("count"))).toBe(3);
    expect(valueOf(text, series("sum"))).toBeCloseTo(9.04);
    expect(text).toContain("# TYPE http_request_duration_seconds histogram");
  });

  it("counts every one of many requests at once, in the store that outlives the isolate", async () => {
    const series = 'http_requests_total{method="GET",route="/health/live",status="200"}';
    const before = valueOf((await get("/metrics")).body, series);
    await Promise.all(Array.from({ length: 200 }, () => get("/health/live")));
    expect(valueOf((await get("/metrics")).body, series)).toBe(before + 200);
    expect(drain().find((sample) => sample.labels.includes("/health/live"))).toBeUndefined();
  });

  it("keeps what it could not tell, and adds what isolates tell at the same time", async () => {
    drain();
    count("cron_runs_total", { job: "test" }, 3);
    const refuses = {
      add: () => Promise.reject(new Error("away")),
      read: () => Promise.resolve([]),
      ping: () => Promise.resolve("ok" as const),
    };
    await tellMetrics(refuses);
    const kept = drain();
    expect(kept).toMatchObject([{ family: "cron_runs_total", value: 3 }]);

    const sink = env.METRICS.getByName(METRIC_STORE);
    await Promise.all(Array.from({ length: 20 }, () => sink.add(kept)));
    const stored = (await sink.read()).find((sample) => sample.labels === 'job="test"');
    expect(stored?.value).toBe(60);
    putBack([]);
  });

  it("sums a level over its sources, and forgets a source that is at zero", async () => {
    const sink = env.METRICS.getByName("levels");
    await sink.set("websocket_connections", 'object="chat_room"', "room-1", 5);
    await sink.set("websocket_connections", 'object="chat_room"', "room-2", 2);
    await sink.set("websocket_connections", 'object="chat_room"', "room-1", 1);
    expect(await sink.read()).toEqual([
      { family: "websocket_connections", labels: 'object="chat_room"', part: "", value: 3 },
    ]);
    await sink.set("websocket_connections", 'object="chat_room"', "room-1", 0);
    await sink.set("websocket_connections", 'object="chat_room"', "room-2", 0);
    expect(await sink.read()).toEqual([]);
  });
});

describe("trace context", () => {
  it("goes on with the caller's trace under a span of its own", () => {
    const trace = traceOf("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    const [first, second] = [trace.traceparent(), trace.traceparent()];
    expect(first).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/u);
    expect(second).not.toBe(first);
  });

  it.each([
    "",
    "nonsense",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ])("begins a new one for %j", (header) => {
    const traceparent = traceOf(header).traceparent();
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/u);
    expect(traceparent).not.toContain("4bf92f35");
  });
});
