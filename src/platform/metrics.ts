/** Upper bounds in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;
const INFINITE = "+Inf";

/** Every family that is counted, with its Prometheus type and what it says. */
const FAMILIES = {
  http_requests_total: { type: "counter", help: "Requests answered." },
  http_request_duration_seconds: { type: "histogram", help: "Time from request to answer." },
  d1_round_trips_total: { type: "counter", help: "Round trips to D1; a batch is one." },
  d1_duration_seconds_total: { type: "counter", help: "Time waited for D1." },
  d1_rows_read_total: { type: "counter", help: "Rows that D1 read." },
  queue_messages_total: { type: "counter", help: "Messages of queues, by how their delivery ended." },
  cron_runs_total: { type: "counter", help: "Runs of cron jobs, by how they ended." },
  ai_tokens_total: { type: "counter", help: "Tokens sent to and taken from AI models." },
  websocket_connections: { type: "gauge", help: "Open sockets." },
  outbox_messages: { type: "gauge", help: "Messages whose effect is not there yet." },
  outbox_oldest_age_seconds: { type: "gauge", help: "Age of the oldest of them." },
  dead_letters: { type: "gauge", help: "Messages that failed for good and wait for an admin." },
} as const;

export type Family = keyof typeof FAMILIES;
type OfType<T extends string> = { [F in Family]: (typeof FAMILIES)[F]["type"] extends T ? F : never }[Family];
type Labels = Record<string, string>;

/** One number: its family, its labels as Prometheus writes them, and for a bucket of a histogram its upper bound. */
export type Sample = {
  family: Family;
  labels: string;
  /** Empty but for histograms: a bound, `sum` or `count`. */
  part: string;
  value: number;
};

/** What this isolate counted since it last told the store. */
let counted = new Map<string, Sample>();

function add(family: Family, labels: string, part: string, value: number): void {
  const key = `${family}|${labels}|${part}`;
  const sample = counted.get(key);
  if (sample) sample.value += value;
  else counted.set(key, { family, labels, part, value });
}

export const count = (family: OfType<"counter">, labels: Labels, by = 1): void => add(family, written(labels), "", by);

/** Counts a duration into the one bucket it belongs to; the text accumulates them. */
export function observe(family: OfType<"histogram">, labels: Labels, seconds: number): void {
  const series = written(labels);
  add(family, series, String(BUCKETS.find((bound) => seconds <= bound) ?? INFINITE), 1);
  add(family, series, "sum", seconds);
  add(family, series, "count", 1);
}

/** Takes what was counted; give it back with `putBack` when it could not be told. */
export function drain(): Sample[] {
  const samples = [...counted.values()];
  counted = new Map();
  return samples;
}

export const putBack = (samples: readonly Sample[]): void =>
  samples.forEach(({ family, labels, part, value }) => add(family, labels, part, value));

const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const written = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");

/** Prometheus text, exposition format 0.0.4: families in a fixed order, series sorted. */
export function renderMetrics(samples: readonly Sample[]): string {
  const families = Map.groupBy(samples, (sample) => sample.family);
  const lines = Object.entries(FAMILIES).flatMap(([family, { type, help }]) => {
    const own = families.get(family as Family) ?? [];
    if (own.length === 0) return [];
    const text = type === "histogram" ? histogram(family, own) : own.map((sample) => line(family, sample)).sort();
    return [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`, ...text];
  });
  return `${lines.join("\n")}\n`;
}

const line = (name: string, { labels, value }: Pick<Sample, "labels" | "value">) =>
  `${name}${labels === "" ? "" : `{${labels}}`} ${value}`;

function histogram(family: string, samples: readonly Sample[]): string[] {
  const series = [...Map.groupBy(samples, (sample) => sample.labels)].sort(([a], [b]) => (a < b ? -1 : 1));
  return series.flatMap(([labels, parts]) => {
    const valueOf = (part: string) => parts.find((sample) => sample.part === part)?.value ?? 0;
    const prefix = labels === "" ? "" : `${labels},`;
    let below = 0;
    const buckets = [...BUCKETS.map(String), INFINITE].map((bound) => {
      below += valueOf(bound);
      return line(`${family}_bucket`, { labels: `${prefix}le="${bound}"`, value: below });
    });
    return [
      ...buckets,
      line(`${family}_sum`, { labels, value: valueOf("sum") }),
      line(`${family}_count`, { labels, value: valueOf("count") }),
    ];
  });
}
