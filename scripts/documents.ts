import type { openApiDocument } from "../src/document.ts";
import { run } from "./process.ts";

/** The OpenAPI document, made by a process of its own: the app is loaded without the Workers runtime. */
export async function openApi(): Promise<ReturnType<typeof openApiDocument>> {
  const { code, output } = await run("node", ["scripts/document.ts"]);
  if (code !== 0) throw new Error(output);
  return JSON.parse(output) as ReturnType<typeof openApiDocument>;
}
