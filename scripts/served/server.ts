import { readdirSync } from "node:fs";
import path from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";
import type { Query, ServedWorker, ServerOptions } from "./serve.ts";

/** The child that `serve` starts: built Workers on the local runtime, without a development server's proxy in front. */
const options = JSON.parse(process.argv[2] ?? "{}") as ServerOptions;
const [main] = options.workers;

/** What `wrangler deploy --outdir` wrote: the entry first, then what it imports. */
function modulesOf(folder: string) {
  const files = readdirSync(folder);
  const module = (type: "ESModule" | "CompiledWasm") => (name: string) => ({ type, path: path.join(folder, name) });
  return [
    ...files.filter((name) => name.endsWith(".js")).map(module("ESModule")),
    ...files.filter((name) => name.endsWith(".wasm")).map(module("CompiledWasm")),
  ];
}

function settingsOf(worker: ServedWorker) {
  const { modulesRules: _, ...settings } = optionsOf(worker.config).workerOptions;
  const { name, bundle, vars = {} } = worker;
  const routes = worker === main ? {} : { routes: [`${name}.test/*`] };
  return { ...settings, ...routes, name, modulesRoot: bundle, modules: modulesOf(bundle), bindings: vars };
}

const runtime = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: options.port,
    resourcePersistencePath: options.state,
    cf: false,
    workers: options.workers.map(settingsOf) as [never],
    // Of a line a request nobody reads more than this.
    handleStructuredLogs: ({ level, message }) => {
      if (level === "error") process.stderr.write(`${message}\n`);
    },
  }),
);
const url = await runtime.ready;
const database = await runtime.getD1Database("DB", main.name);
process.on("message", ({ id, sql, params }: Query) => {
  const statement = database.prepare(sql).bind(...params);
  statement.all().then(
    ({ results }) => process.send?.({ id, rows: results }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.once("disconnect", () => process.exit(0));
process.send?.({ url: url.origin });
