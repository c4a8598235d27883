import type { Sample } from "./metrics.ts";
import { drain, putBack } from "./metrics.ts";

/** The one place where the counts of all isolates meet. */
export interface MetricSink {
  add(samples: readonly Sample[]): Promise<void>;
  read(): Promise<Sample[]>;
  ping(): Promise<"ok">;
}

/** The name of the one object that is the sink. */
export const METRIC_STORE = "all";

/** Tells the sink what this isolate counted; what cannot be told is kept for the next time. */
export async function tellMetrics(sink: MetricSink): Promise<void> {
  const samples = drain();
  if (samples.length === 0) return;
  try {
    await sink.add(samples);
  } catch {
    putBack(samples);
  }
}
