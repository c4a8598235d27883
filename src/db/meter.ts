import { count } from "../platform/metrics.ts";

/**
 * What a session spent in D1: round trips (a batch is one), milliseconds waited, rows that D1 said it read. Whatever a
 * session is for, a request, a queue, cron or work after an answer, the metrics count it too.
 */
export class Meter {
  roundTrips = 0;
  milliseconds = 0;
  rowsRead = 0;

  async count<T extends D1Result | D1Result[]>(call: () => Promise<T>): Promise<T> {
    const start = performance.now();
    this.roundTrips += 1;
    count("d1_round_trips_total", {});
    try {
      const answer = await call();
      const rowsRead = [answer].flat().reduce((sum, { meta }) => sum + meta.rows_read, 0);
      this.rowsRead += rowsRead;
      count("d1_rows_read_total", {}, rowsRead);
      return answer;
    } finally {
      const milliseconds = performance.now() - start;
      this.milliseconds += milliseconds;
      count("d1_duration_seconds_total", {}, milliseconds / 1000);
    }
  }
}

/** The session as a D1Database, which is the type Drizzle asks for; it calls nothing but `prepare` and `batch`. */
export function meteredSession(session: D1DatabaseSession, meter: Meter): D1Database {
  const metered = {
    prepare: (query: string) => new MeteredStatement(session.prepare(query), meter),
    batch: (statements: MeteredStatement[]) =>
      meter.count(() => session.batch(statements.map((statement) => statement.inner))),
  };
  return metered as unknown as D1Database;
}

class MeteredStatement {
  readonly inner: D1PreparedStatement;
  readonly #meter: Meter;

  constructor(inner: D1PreparedStatement, meter: Meter) {
    this.inner = inner;
    this.#meter = meter;
  }

  bind(...values: unknown[]): MeteredStatement {
    return new MeteredStatement(this.inner.bind(...values), this.#meter);
  }

  run(): Promise<D1Result> {
    return this.#meter.count(() => this.inner.run());
  }

  all(): Promise<D1Result> {
    return this.#meter.count(() => this.inner.all());
  }

  /** D1's own `raw` keeps to itself what it read. Names are distinct (`NamedColumnsSession`), so the objects hold every value, in order. */
  async raw(): Promise<unknown[][]> {
    const { results } = await this.#meter.count(() => this.inner.all());
    return results.map((row) => Object.values(row));
  }
}
