import { Parser } from "@asyncapi/parser";
import { expect, test } from "vitest";
import { socketsPage } from "../../src/asyncapi-page.ts";
import { asyncApi } from "../../scripts/documents.ts";

const document = await asyncApi();

test("the AsyncAPI document is valid, without a warning", { timeout: 60_000 }, async () => {
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
  // 3.1 is out; the tools of most people read 3.0.
  const faults = diagnostics.filter(({ code }) => code !== "asyncapi-latest-version");
  expect(faults.map(({ code, message, path }) => `${code} ${path.join("/")}: ${message}`)).toEqual([]);
  expect(parsed?.channels().all().length).toBe(3);
});

test("the page shows every frame of every socket, and needs neither script nor inline style", () => {
  const page = socketsPage(document);
  const frames = Object.entries(document.channels).flatMap(([name, { messages }]) =>
    Object.keys(messages).map((type) => `id="${name}-${type}"`),
  );
  expect(frames.length).toBeGreaterThan(28);
  expect(frames.filter((id) => !page.includes(id))).toEqual([]);
  expect(page).not.toMatch(/<script|<style|style=|https?:/u);
});
