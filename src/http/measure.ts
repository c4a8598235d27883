import type { Context } from "hono";
import type { MetricSink } from "../platform/metric-sink.ts";
import { count, observe } from "../platform/metrics.ts";
import { METRIC_STORE, tellMetrics } from "../platform/metric-sink.ts";
import type { AppEnv } from "./env.ts";

/** Long enough for one call to carry the counts of many requests. */
const TELL_AFTER_MS = 1_000;

let telling = false;

interface Seen {
  /** Hono's template, `/api/v1/goals/:id`: a path would make a series an id. */
  route: string;
  status: number;
  seconds: number;
}

/** Counts one request, and within a second tells the store what this isolate has counted. */
export function measure(c: Context<AppEnv>, { route, status, seconds }: Seen): void {
  const template = route.replaceAll(/:(?<name>\w+)(?:\{[^}]*\})?/gu, "{$<name>}");
  const { method } = c.req;
  count("http_requests_total", { method, route: template, status: String(status) });
  observe("http_request_duration_seconds", { method, route: template }, seconds);
  const meter = c.get("ctx")?.meter;
  (c.env as { ANALYTICS?: AnalyticsEngineDataset }).ANALYTICS?.writeDataPoint({
    indexes: [template.slice(0, 96)],
    blobs: [method, template, String(status)],
    doubles: [seconds, meter?.roundTrips ?? 0, meter?.milliseconds ?? 0, meter?.rowsRead ?? 0],
  });
  if (telling) return;
  telling = true;
  c.executionCtx.waitUntil(tellLater(c.env.METRICS.getByName(METRIC_STORE)));
}

async function tellLater(sink: MetricSink): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, TELL_AFTER_MS));
  telling = false;
  await tellMetrics(sink);
}
