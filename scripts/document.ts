/** Prints the OpenAPI document, as the Worker would serve it by https. */
import { registerHooks } from "node:module";

/** What only the Workers runtime has, and what no document needs. */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith("cloudflare:") || specifier.endsWith(".wasm")
      ? { url: `absent:${specifier}`, shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url.startsWith("absent:") ? { format: "module", shortCircuit: true, source: ABSENT } : next(url, context),
});

const ABSENT = "export class DurableObject {} export const connect = undefined; export default undefined;";

const [{ app }, { openApiDocument }, { cookieNames }] = await Promise.all([
  import("../src/app.ts"),
  import("../src/document.ts"),
  import("../src/http/cookies.ts"),
]);

process.stdout.write(`${JSON.stringify(openApiDocument(app, cookieNames("https:").access), null, 2)}\n`);
