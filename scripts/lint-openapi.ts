import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openApi } from "./documents.ts";
import { root, run } from "./process.ts";

/** What the linters find wrong with the OpenAPI document, warnings included; empty when they find nothing. */
export async function openApiFaults(): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "openapi-"));
  const file = path.join(folder, "openapi.json");
  try {
    await writeFile(file, JSON.stringify(await openApi(), null, 2));
    const [redocly, spectral] = await Promise.all([
      run("redocly", ["lint", file, "--config", path.join(root, ".redocly.yaml"), "--format", "json"]),
      run("spectral", ["lint", file, "-r", path.join(root, ".spectral.yaml"), "--fail-severity", "hint"]),
    ]);
    const clean = redocly.code === 0 && redocly.output.includes('"warnings": 0');
    return [...(clean ? [] : [redocly.output]), ...(spectral.code === 0 ? [] : [spectral.output])];
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const faults = await openApiFaults();
  for (const fault of faults) console.error(fault);
  console.log(faults.length === 0 ? "The document passes redocly and spectral." : "The document has faults.");
  process.exitCode = faults.length === 0 ? 0 : 1;
}
