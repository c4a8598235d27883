import { run } from "./process.ts";

/** Writes the Worker's `Env` from wrangler.toml, or with `check` only says whether the file is up to date. */
export async function generateTypes(check: boolean): ReturnType<typeof run> {
  const args = ["types", "worker-configuration.d.ts", "--include-runtime=false", "--env="];
  return await run("wrangler", check ? [...args, "--check"] : args);
}

if (import.meta.main) {
  const { code, output } = await generateTypes(process.argv.includes("--check"));
  console.log(code === 0 ? "worker-configuration.d.ts is up to date" : output);
  process.exitCode = code;
}
