import { expect, inject, it, vi } from "vitest";
import { createLogger } from "../../src/platform/logger.ts";
import { framesOf, sentryReporter } from "../../src/platform/error-reports.ts";

interface Report {
  path: string;
  lines: unknown[];
}

/** The reports that name this request. */
const reportsOf = async (requestId: string): Promise<Report[]> => {
  const all: Report[] = await (await fetch(inject("sentry"))).json();
  return all.filter((report) => JSON.stringify(report).includes(requestId));
};

async function report(requestId: string, error: unknown): Promise<void> {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const work: Promise<unknown>[] = [];
  const dsn = inject("sentry").replace("//", "//key@").concat("/42");
  const reporter = sentryReporter({ dsn, environment: "test", waitUntil: (flush) => work.push(flush) });
  createLogger({ requestId, traceId: "t" }, reporter).error("unhandled", error, { route: "/goals" });
  await Promise.all(work);
}

it("reports a logged error once, with its request and where it was thrown", async () => {
  await report("request-1", new Error("the disk is full", { cause: new TypeError("beneath") }));
  const reports = await reportsOf("request-1");
  expect(reports.map(({ path }) => path.split("?")[0])).toEqual(["/api/42/envelope/"]);
  expect(reports[0]?.lines[2]).toMatchObject({
    environment: "test",
    tags: { requestId: "request-1", traceId: "t" },
    extra: { message: "unhandled", route: "/goals" },
  });
  expect(JSON.stringify(reports)).toContain("the disk is full");
  expect(JSON.stringify(reports)).toContain("error-reports.test.ts");
});

it("reports no value that was bound to a statement", async () => {
  await report("request-2", new Error("Failed query: insert into users (email)\nparams: zoe@example.org"));
  const text = JSON.stringify(await reportsOf("request-2"));
  expect(text).toContain("insert into users");
  expect(text).not.toContain("zoe@example.org");
});

it("reads V8's frames, oldest first", () => {
  expect(framesOf("Error: x\n    at inner (src/a.ts:1:2)\n    at async src/b.ts:30:4\n    at native")).toEqual([
    { function: "?", filename: "src/b.ts", lineno: 30, colno: 4, in_app: true },
    { function: "inner", filename: "src/a.ts", lineno: 1, colno: 2, in_app: true },
  ]);
});
