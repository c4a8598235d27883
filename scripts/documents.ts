import type { asyncApiDocument } from "../src/asyncapi.ts";
import type { openApiDocument } from "../src/document.ts";
import { run } from "./process.ts";

/** The documents are made by a process of its own: there the app is loaded without the Workers runtime. */
async function printed(name: "openapi" | "asyncapi"): Promise<unknown> {
  const { code, output } = await run("node", ["scripts/document.ts", name]);
  if (code !== 0) throw new Error(output);
  return JSON.parse(output);
}

export const openApi = async () => (await printed("openapi")) as ReturnType<typeof openApiDocument>;
export const asyncApi = async () => (await printed("asyncapi")) as ReturnType<typeof asyncApiDocument>;
