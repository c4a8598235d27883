import { copyFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type * as Esbuild from "esbuild";

const require = createRequire(import.meta.url);
const from = path.dirname(require.resolve("swagger-ui-dist/package.json"));
const to = path.join(import.meta.dirname, "../public/docs");

for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"])
  await copyFile(path.join(from, file), path.join(to, file));

/** wrangler's own bundler, so that pages are bundled as the Worker is. */
const esbuild = createRequire(require.resolve("wrangler/package.json"))("esbuild") as typeof Esbuild;

await esbuild.build({
  entryPoints: [path.join(import.meta.dirname, "../web/rooms/main.ts")],
  outfile: path.join(import.meta.dirname, "../public/app/rooms/rooms.js"),
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  logLevel: "warning",
});
