import { copyFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const from = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const to = path.join(import.meta.dirname, "../public/docs");

for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"])
  await copyFile(path.join(from, file), path.join(to, file));
