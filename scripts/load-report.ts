/** What Artillery's report says of a run, as far as the table tells it. */
export interface LoadReport {
  counters: Record<string, number>;
  summaries: Record<string, Percentiles | undefined>;
}

interface Percentiles {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

const BY_NAME = "plugins.metrics-by-endpoint.response_time.";

/** Error rate and percentiles. Everything that was not answered with a 2xx is an error: no scenario expects a refusal. */
export function loadTable({ counters, summaries }: LoadReport): string {
  const sum = (matches: RegExp) =>
    Object.entries(counters).reduce((total, [name, value]) => total + (matches.test(name) ? value : 0), 0);
  const requests = counters["http.requests"] ?? 0;
  const good = sum(/^http\.codes\.2\d\d$/);
  const line = (name: string, of: Percentiles | undefined) =>
    of === undefined ? [] : [`| ${name} | ${of.count} | ${of.p50} | ${of.p95} | ${of.p99} | ${of.max} |`];
  const named = Object.keys(summaries).filter((name) => name.startsWith(BY_NAME));
  const refused = Object.entries(counters)
    .filter(([name]) => /^http\.codes\.[345]|^errors\./.test(name))
    .map(([name, value]) => `${name.replace("http.codes.", "status ")}: ${value}`);
  return [
    `${requests} requests by ${counters["vusers.created"] ?? 0} virtual users; error rate ${(((requests - good) / Math.max(1, requests)) * 100).toFixed(2)} %${refused.length === 0 ? "" : ` (${refused.join(", ")})`}.`,
    "",
    "| request | count | p50 ms | p95 ms | p99 ms | most ms |\n| --- | --- | --- | --- | --- | --- |",
    ...line("all", summaries["http.response_time"]),
    ...named.flatMap((name) => line(name.slice(BY_NAME.length), summaries[name])),
  ].join("\n");
}
