import { existsSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { build } from "./build.ts";
import { root, run } from "./process.ts";

/** Secrets for the first deploy, one NAME=value a line; later deploys keep what is there, so it may be deleted. */
const secretsFile = path.join(root, ".prod.env");
const production = ["--env", "production"];
const needed = ["JWT_KEYS", "TOKEN_SECRET", "VAPID_KEYS", "ADMIN_EMAIL", "ADMIN_PASSWORD"];

const { values } = parseArgs({ options: { preview: { type: "string" } } });

await requireCredentials();
await step("build", async () => {
  const fault = await build();
  if (fault !== undefined) throw new Error(fault);
});
if (values.preview !== undefined) await preview(values.preview);
// A database that does not exist yet cannot be migrated: the first deploy makes it. Afterwards tables come before the code that uses them.
const first = !(await migrate());
const address = await deploy();
if (first && !(await migrate())) fail("The migrations could not be applied.");
await step("health", () => untilHealthy(address));

async function requireCredentials(): Promise<void> {
  for (const name of ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"]) {
    if (!process.env[name]) fail(`${name} is not set.`);
  }
  if (!existsSync(secretsFile)) return;
  const present = parseEnv(await readFile(secretsFile, "utf8"));
  const missing = needed.filter((name) => !present[name]);
  if (missing.length > 0) fail(`.prod.env lacks ${missing.join(", ")}.`);
}

async function migrate(): Promise<boolean> {
  const { code, output } = await run("wrangler", ["d1", "migrations", "apply", "DB", "--remote", ...production]);
  const absent = /wrangler deploy.{0,3} to provision|couldn't find|not found/i.test(output);
  if (code !== 0 && !absent) fail(output);
  if (code === 0) console.log("✓ migrations");
  return code === 0;
}

/** A version beside the live one, on its database, at an address that carries `alias`; traffic stays where it is. */
async function preview(alias: string): Promise<never> {
  const { code } = await run(
    "wrangler",
    ["versions", "upload", "--minify", ...production, "--preview-alias", alias, "--message", alias],
    { show: true },
  );
  process.exit(code);
}

async function deploy(): Promise<string> {
  const secrets = existsSync(secretsFile) ? ["--secrets-file", secretsFile] : [];
  const { code, output } = await run("wrangler", ["deploy", "--minify", ...production, ...secrets], { show: true });
  if (code !== 0) fail("The deploy failed; nothing was switched over.");
  return (
    process.env.APP_URL ??
    /https:\/\/\S+\.workers\.dev/.exec(output)?.[0] ??
    fail("Set APP_URL to check the health of what was deployed.")
  );
}

async function untilHealthy(address: string): Promise<void> {
  let said = "no answer";
  for (let attempt = 0; attempt < 12; attempt++) {
    const answer = await fetch(new URL("/health", address)).catch(() => undefined);
    if (answer?.ok === true) return;
    if (answer !== undefined) said = await answer.text();
    await delay(5000);
  }
  throw new Error(`${address} is not well: ${said}`);
}

async function step(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    console.log(`✓ ${name}`);
  } catch (error) {
    fail(`✗ ${name}\n${error instanceof Error ? error.message : String(error)}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
