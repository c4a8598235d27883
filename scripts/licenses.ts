import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./process.ts";

interface Locked {
  version?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
}

/** Licences that ask for nothing but a notice. */
const PERMISSIVE = /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|CC0-1\.0|Unlicense|BlueOak-1\.0\.0|Python-2\.0)\b/;

/** What is shipped with the Worker, and under which licence; tools of development are not. */
export async function shippedLicences(): Promise<{ name: string; version: string; licence: string }[]> {
  const lock = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(lock.packages)
    .filter(([place, { dev, optional }]) => place !== "" && !dev && !optional)
    .map(([place, { version = "", license = "unknown" }]) => ({
      name: place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      licence: license,
    }));
}

if (import.meta.main) {
  const shipped = await shippedLicences();
  for (const { name, version, licence } of shipped) console.log(`${licence.padEnd(14)} ${name} ${version}`);
  const asking = shipped.filter(({ licence }) => !PERMISSIVE.test(licence));
  if (asking.length > 0) {
    console.error(`Look at the licences of ${asking.map(({ name }) => name).join(", ")}.`);
    process.exitCode = 1;
  }
}
