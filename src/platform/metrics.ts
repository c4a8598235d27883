/** Upper bounds in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

interface Histogram {
  buckets: number[];
  sum: number;
  count: number;
}

interface RequestSeen {
  method: string;
  /** The template, `/api/v1/goals/{id}`: a path would make a series per id. */
  route: string;
  status: number;
  seconds: number;
  roundTrips: number;
}

const requests = new Map<string, number>();
const durations = new Map<string, Histogram>();
let roundTrips = 0;

/** Counts one request. Numbers are this isolate's own. */
export function observeRequest(seen: RequestSeen): void {
  const route = seen.route.replaceAll(/:(?<name>\w+)(?:\{[^}]*\})?/gu, "{$<name>}");
  const series = labels({ method: seen.method, route, status: String(seen.status) });
  requests.set(series, (requests.get(series) ?? 0) + 1);
  roundTrips += seen.roundTrips;
  const key = labels({ method: seen.method, route });
  const histogram = durations.get(key) ?? { buckets: BUCKETS.map(() => 0), sum: 0, count: 0 };
  durations.set(key, histogram);
  histogram.sum += seen.seconds;
  histogram.count += 1;
  BUCKETS.forEach((bound, i) => {
    if (seen.seconds <= bound) histogram.buckets[i] = (histogram.buckets[i] ?? 0) + 1;
  });
}

const escape = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
const labels = (set: Record<string, string>) =>
  Object.entries(set)
    .map(([name, value]) => `${name}="${escape(value)}"`)
    .join(",");

/** Prometheus text, exposition format 0.0.4. */
export function renderMetrics(gauges: readonly { name: string; help: string; value: number }[]): string {
  const lines = ["# HELP http_requests_total Requests answered.", "# TYPE http_requests_total counter"];
  for (const [series, count] of requests) lines.push(`http_requests_total{${series}} ${count}`);
  lines.push(
    "# HELP http_request_duration_seconds Time from request to answer.",
    "# TYPE http_request_duration_seconds histogram",
  );
  for (const [series, histogram] of durations) {
    BUCKETS.forEach((bound, i) =>
      lines.push(`http_request_duration_seconds_bucket{${series},le="${bound}"} ${histogram.buckets[i] ?? 0}`),
    );
    lines.push(`http_request_duration_seconds_bucket{${series},le="+Inf"} ${histogram.count}`);
    lines.push(
      `http_request_duration_seconds_sum{${series}} ${histogram.sum}`,
      `http_request_duration_seconds_count{${series}} ${histogram.count}`,
    );
  }
  lines.push(
    "# HELP d1_round_trips_total Round trips to D1.",
    "# TYPE d1_round_trips_total counter",
    `d1_round_trips_total ${roundTrips}`,
  );
  for (const { name, help, value } of gauges)
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`);
  return `${lines.join("\n")}\n`;
}
