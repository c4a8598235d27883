/** What a request spent in D1: round trips (a batch is one), milliseconds waited, rows that D1 said it read. */
export class Meter {
  roundTrips = 0;
  milliseconds = 0;
  rowsRead = 0;

  async count<T>(call: () => Promise<T>): Promise<T> {
    const start = performance.now();
    this.roundTrips += 1;
    try {
      const answer = await call();
      for (const result of Array.isArray(answer) ? answer : [answer]) this.rowsRead += rowsReadBy(result);
      return answer;
    } finally {
      this.milliseconds += performance.now() - start;
    }
  }
}

function rowsReadBy(result: unknown): number {
  const meta = (result as { meta?: { rows_read?: number } } | null)?.meta;
  return meta?.rows_read ?? 0;
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

  raw(): Promise<unknown[]> {
    return this.#meter.count(() => this.inner.raw());
  }
}
