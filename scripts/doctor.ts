import { access, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import path from "node:path";
import { root, run } from "./process.ts";

/** Undefined when all is well, else what to do. */
type Check = () => Promise<string | undefined>;

const port = Number(process.env.PORT ?? 8787);

const checks: Record<string, Check> = {
  "Node 24 for the scripts": async () =>
    Number(process.versions.node.split(".")[0]) >= 24 ? undefined : "Start it with npm run doctor, after npm install.",
  "dependencies as locked": async () => {
    const { code, output } = await run("tsc", ["--version"]);
    const wanted = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
    };
    return code === 0 && output.includes(wanted.devDependencies["typescript"] ?? "") ? undefined : "Run npm install.";
  },
  "the Workers runtime starts": async () => {
    const { code, output } = await run("workerd", ["--version"]);
    return code === 0 ? undefined : `workerd does not run on this machine (glibc 2.35 or newer is needed): ${output}`;
  },
  "generated types are up to date": async () => {
    const { code } = await run("wrangler", [
      "types",
      "worker-configuration.d.ts",
      "--include-runtime=false",
      "--env=",
      "--check",
    ]);
    return code === 0 ? undefined : "Run npm run generate.";
  },
  "local secrets": async () =>
    access(path.join(root, ".dev.vars")).then(
      () => undefined,
      () => "Not there yet: npm run dev makes them.",
    ),
  [`port ${port} is free`]: async () => {
    const probe = createServer().listen(port, "127.0.0.1");
    try {
      await once(probe, "listening");
      return undefined;
    } catch {
      return "Something runs there; choose another: PORT=8788 npm run dev";
    } finally {
      probe.close();
    }
  },
};

for (const [name, check] of Object.entries(checks)) {
  const advice = await check();
  console.log(advice === undefined ? `✓ ${name}` : `– ${name}: ${advice}`);
}
