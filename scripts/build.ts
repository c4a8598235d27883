import { run } from "./process.ts";

const limitKiB = 700;

/** Bundles the production Worker into dist/ without touching the network; returns what is wrong with it, if anything. */
export async function build(): Promise<string | undefined> {
  const { code, output } = await run("wrangler", [
    "deploy",
    "--dry-run",
    "--minify",
    "--outdir",
    "dist",
    "--env",
    "production",
  ]);
  if (code !== 0) return output;
  const gzip = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1]);
  console.log(`dist/: ${gzip} KiB gzipped of ${limitKiB} KiB`);
  return gzip <= limitKiB ? undefined : `The bundle is larger than ${limitKiB} KiB gzipped.\n${output}`;
}

if (import.meta.main) {
  const fault = await build();
  if (fault !== undefined) {
    console.error(fault);
    process.exitCode = 1;
  }
}
