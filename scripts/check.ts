import { brokenDirections } from "./directions.ts";
import { generateTypes } from "./generate.ts";
import { migrationFaults } from "./migrations.ts";
import { type Outcome, run } from "./process.ts";

const steps: [name: string, step: () => Promise<Outcome>][] = [
  ["format", () => run("oxfmt", ["--check", "."])],
  ["lint", () => run("oxlint", ["--type-aware", "--deny-warnings"])],
  ["types", () => run("tsc", ["--noEmit"])],
  ["types of the page", () => run("tsc", ["--noEmit", "-p", "web"])],
  ["generated types", () => generateTypes(true)],
  ["migrations", async () => faults(await migrationFaults())],
  ["import directions", async () => faults(await brokenDirections())],
];

const faults = (found: string[]): Outcome => ({ code: found.length === 0 ? 0 : 1, output: found.join("\n") });

for (const [name, step] of steps) {
  const { code, output } = await step();
  console.log(`${code === 0 ? "✓" : "✗"} ${name}`);
  if (code === 0) continue;
  console.log(output.trimEnd());
  process.exitCode = 1;
}
