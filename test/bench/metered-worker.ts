import worker from "../../src/index.ts";

// oxlint-disable-next-line oxc/no-barrel-file -- the runtime looks for the classes of the objects in the entry
export * from "../../src/index.ts";

const ROWS_READ_HEADER = "x-bench-rows-read";

/** The Worker itself, which also says how many rows each request read. */
export default {
  ...worker,
  async fetch(request: Request, env: Env, execution: ExecutionContext): Promise<Response> {
    const rows = { read: 0 };
    const answer = await worker.fetch(request, { ...env, DB: counted(env.DB, rows) }, execution);
    if (answer.status === 101) return answer;
    const copy = new Response(answer.body, answer);
    copy.headers.set(ROWS_READ_HEADER, String(rows.read));
    return copy;
  },
} satisfies ExportedHandler<Env>;

interface Rows {
  read: number;
}

const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

function counted(database: D1Database, rows: Rows): D1Database {
  const withSession = (constraint?: string) => {
    const session = database.withSession(constraint);
    return new Proxy(session, {
      get(target, name) {
        if (name === "prepare") return (sql: string) => statement(target.prepare(sql), rows);
        if (name === "batch") return (all: D1PreparedStatement[]) => batch(target, all, rows);
        return target.getBookmark.bind(target);
      },
    });
  };
  return new Proxy(database, {
    get: (target, name) => (name === "withSession" ? withSession : Reflect.get(target, name).bind(target)),
  });
}

async function batch(session: D1DatabaseSession, all: D1PreparedStatement[], rows: Rows): Promise<D1Result[]> {
  const results = await session.batch(all.map((one) => originals.get(one) ?? one));
  for (const result of results) rows.read += result.meta.rows_read;
  return results;
}

function statement(inner: D1PreparedStatement, rows: Rows): D1PreparedStatement {
  const note = async <T>(answer: Promise<D1Result<T>>) => {
    const result = await answer;
    rows.read += result.meta.rows_read;
    return result;
  };
  const outer = {
    bind: (...values: unknown[]) => statement(inner.bind(...values), rows),
    run: () => note(inner.run()),
    all: () => note(inner.all()),
  } as unknown as D1PreparedStatement;
  originals.set(outer, inner);
  return outer;
}
