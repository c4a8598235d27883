import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "../process.ts";
import { CONFIG } from "../served/serve.ts";
import { activeMillis } from "./profile.ts";
import { median } from "./statistics.ts";

const STARTS = 5;

/** What is uploaded and what it costs to start, by `wrangler check startup`, which works offline. */
export async function measureBundle(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => /\.(?:js|wasm)$/.test(name));
  const contents = await Promise.all(files.map((name) => readFile(path.join(folder, name))));
  const kib = (bytes: number[]) => (bytes.reduce((sum, of) => sum + of, 0) / 1024).toFixed(0);
  const raw = kib(contents.map(({ length }) => length));
  const gzip = kib(contents.map((content) => gzipSync(content).length));
  const starts: number[] = [];
  for (let n = 0; n < STARTS; n++) starts.push(await startOnce(path.join(folder, `start-${n}.cpuprofile`)));
  const list = starts.map((ms) => ms.toFixed(0)).join(", ");
  return [
    "| bundle | |\n| --- | --- |",
    `| size, minified | ${raw} KiB |`,
    `| size, gzipped | ${gzip} KiB |`,
    `| start-up in which code ran | ${median(starts).toFixed(0)} ms (${STARTS} starts: ${list}; a busy machine adds to it, so the least says most); target: at most 100 ms |`,
  ].join("\n");
}

async function startOnce(outfile: string): Promise<number> {
  const args = ["check", "startup", "--outfile", outfile, "--env=", "-c", CONFIG, "--args=--minify"];
  const { code, output } = await run("wrangler", args);
  if (code !== 0) throw new Error(output);
  return activeMillis(JSON.parse(await readFile(outfile, "utf8")));
}
