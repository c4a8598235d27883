/** Prints the OpenAPI document, or with `asyncapi` that of the sockets, as the Worker would serve it by https. */
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

const ORIGIN = "https://guildhall.example";

async function openApi() {
  const [{ app }, { openApiDocument }, { cookieNames }] = await Promise.all([
    import("../src/app.ts"),
    import("../src/document.ts"),
    import("../src/http/cookies.ts"),
  ]);
  return openApiDocument(app, cookieNames(ORIGIN).access);
}

async function asyncApi() {
  const { asyncApiDocument } = await import("../src/asyncapi.ts");
  return asyncApiDocument(ORIGIN);
}

const document = process.argv[2] === "asyncapi" ? await asyncApi() : await openApi();
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
