import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { root, run } from "./process.ts";

interface Samples {
  forbidden: string[];
  allowed: string[];
}

/** For each kind of file, imports that the linter must refuse and imports that it must let pass. */
const samples: Record<string, Samples> = {
  "src/features/goals/routes.ts": {
    forbidden: [
      "drizzle-orm",
      "drizzle-orm/d1",
      "../../db/client.ts",
      "../../db/schema/goals.ts",
      "cloudflare:workers",
    ],
    allowed: ["../../http/router.ts", "./service.ts", "./schema.ts"],
  },
  "src/features/goals/service.ts": {
    forbidden: [
      "hono",
      "hono/cookie",
      "../../http/envelope.ts",
      "./routes.ts",
      "../auth/routes.ts",
      "cloudflare:workers",
    ],
    allowed: ["drizzle-orm", "../../db/schema/goals.ts", "../challenges/service.ts", "../../events/outbox.ts"],
  },
  "src/features/goals/queries.ts": {
    forbidden: [
      "../../durable-objects/chat-room/protocol.ts",
      "../../queues/email/message.ts",
      "../../app.ts",
      "../../index.ts",
    ],
    allowed: ["drizzle-orm", "../../platform/ids.ts"],
  },
  "src/features/goals/rules.ts": {
    forbidden: [
      "drizzle-orm",
      "hono",
      "../../db/client.ts",
      "../../http/envelope.ts",
      "cloudflare:workers",
      "./routes.ts",
      "../../queues/email/message.ts",
    ],
    allowed: ["../../platform/errors.ts"],
  },
  "src/durable-objects/leaderboard/directory.ts": {
    forbidden: ["drizzle-orm", "cloudflare:workers", "../../db/client.ts", "../../features/goals/service.ts"],
    allowed: ["./protocol.ts"],
  },
  "src/durable-objects/leaderboard/leaderboard.ts": {
    forbidden: [
      "hono",
      "drizzle-orm/d1",
      "../../db/client.ts",
      "../../features/goals/service.ts",
      "../../queues/email/message.ts",
      "../../context.ts",
    ],
    allowed: ["cloudflare:workers", "../migrate.ts", "../../platform/errors.ts"],
  },
  "src/platform/config.ts": {
    forbidden: ["hono", "../http/envelope.ts", "../app.ts", "../queues/email/message.ts"],
    allowed: ["zod", "./errors.ts"],
  },
  "src/events/relay.ts": {
    forbidden: ["hono", "../http/envelope.ts", "../index.ts", "../queues/email/message.ts"],
    allowed: ["drizzle-orm", "../db/client.ts", "../platform/logger.ts"],
  },
  "src/db/schema/goals.ts": {
    forbidden: [
      "cloudflare:workers",
      "hono",
      "../../http/envelope.ts",
      "../../features/goals/rules.ts",
      "../../platform/ids.ts",
    ],
    allowed: ["drizzle-orm/sqlite-core", "./users.ts"],
  },
  "src/http/router.ts": {
    forbidden: [
      "../features/goals/service.ts",
      "../queues/email/message.ts",
      "../durable-objects/chat-room/protocol.ts",
      "../app.ts",
    ],
    allowed: ["hono", "../platform/errors.ts", "./envelope.ts"],
  },
};

/** Whole files that break a rule about files rather than about one import. */
const brokenFiles: Record<string, { source: string; rule: string }> = {
  "src/platform/one.ts": {
    source: 'import type { Two } from "./two.ts";\nexport interface One {\n  two: Two;\n}\n',
    rule: "import(no-cycle)",
  },
  "src/platform/two.ts": {
    source: 'import type { One } from "./one.ts";\nexport interface Two {\n  one: One;\n}\n',
    rule: "import(no-cycle)",
  },
  "src/platform/barrel.ts": { source: 'export * from "./one.ts";\n', rule: "oxc(no-barrel-file)" },
  "src/platform/default.ts": { source: "export default 1;\n", rule: "import(no-default-export)" },
};

interface Diagnostic {
  code: string;
  filename: string;
  labels: { span: { line: number } }[];
}

/** Lints a tree of small files laid out like this one; returns what the direction rules let through or refused by mistake. */
export async function brokenDirections(): Promise<string[]> {
  const tree = await mkdtemp(path.join(tmpdir(), "directions-"));
  try {
    const config = JSON.parse(await readFile(path.join(root, ".oxlintrc.json"), "utf8")) as { options?: object };
    await writeFile(path.join(tree, ".oxlintrc.json"), JSON.stringify({ ...config, options: { typeAware: false } }));
    for (const [file, { forbidden, allowed }] of Object.entries(samples)) {
      await mkdir(path.dirname(path.join(tree, file)), { recursive: true });
      const lines = [...forbidden, ...allowed].map(
        (source, n) => `import { a as a${n} } from "${source}";\nvoid a${n};\n`,
      );
      await writeFile(path.join(tree, file), lines.join(""));
    }
    for (const [file, { source }] of Object.entries(brokenFiles)) await writeFile(path.join(tree, file), source);
    const { output } = await run("oxlint", ["--format", "json", "src"], { cwd: tree });
    const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] };
    return [...compare(refusedImports(diagnostics)), ...unnoticed(diagnostics)];
  } finally {
    await rm(tree, { recursive: true });
  }
}

/** Every refused import, as `file: source`. */
function refusedImports(diagnostics: Diagnostic[]): Set<string> {
  const refused = diagnostics.filter(({ code }) => code.includes("no-restricted-imports"));
  return new Set(
    refused.map(({ filename, labels }) => {
      const { forbidden, allowed } = samples[filename] ?? { forbidden: [], allowed: [] };
      const line = labels[0]?.span.line ?? 0;
      return `${filename}: ${[...forbidden, ...allowed][(line - 1) / 2]}`;
    }),
  );
}

function compare(refused: Set<string>): string[] {
  return Object.entries(samples).flatMap(([file, { forbidden, allowed }]) => [
    ...forbidden
      .filter((source) => !refused.has(`${file}: ${source}`))
      .map((source) => `${file} may import ${source}, and must not`),
    ...allowed
      .filter((source) => refused.has(`${file}: ${source}`))
      .map((source) => `${file} may not import ${source}, and should`),
  ]);
}

function unnoticed(diagnostics: Diagnostic[]): string[] {
  return Object.entries(brokenFiles)
    .filter(([file, { rule }]) => !diagnostics.some(({ filename, code }) => filename === file && code.endsWith(rule)))
    .map(([file, { rule }]) => `${rule} does not fire for ${file}`);
}
