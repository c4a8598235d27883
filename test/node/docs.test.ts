import { existsSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestHarness } from "wrangler";
import { createTestHarness } from "wrangler";
import { root, run } from "../../scripts/process.ts";
import { createSecrets } from "../../scripts/secrets.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

describe.skipIf(CHROMIUM === undefined)("the documentation in a browser", () => {
  let server: TestHarness;
  let browser: Browser;
  let page: Page;
  let origin: string;
  /** What the page must not do: break, be refused by its own policy, ask another host. */
  const complaints: string[] = [];

  beforeAll(async () => {
    const built = await run("node", ["scripts/assets.ts"]);
    if (built.code !== 0) throw new Error(built.output);
    const vars = { ENVIRONMENT: "test", RATE_LIMITS: "off" };
    const secrets = await createSecrets();
    server = createTestHarness({ root, workers: [{ configPath: "./wrangler.toml", vars, secrets }] });
    const { url } = await server.listen();
    origin = `http://localhost:${url.port}`;
    await server.getWorker().applyD1Migrations("DB");
    const seeded = await fetch(`${origin}/dev/seed`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ seed: "demo" }),
    });
    expect(seeded.status).toBe(200);
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
    page = await browser.newPage();
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) complaints.push(request.url());
    });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens an operation, executes it as its example says, and returns the status of the answer. */
  async function tryIt(operationId: string): Promise<string> {
    const block = page.locator(`[id$="-${operationId}"]`);
    if ((await block.locator(".execute").count()) === 0) await block.locator(".opblock-summary-control").click();
    await block.locator(".execute").click();
    return (await block.locator(".live-responses-table tbody .response-col_status").first().textContent()) ?? "";
  }

  it("lets one try it as the demo learner, and go on after a reload", { timeout: 120_000 }, async () => {
    await page.goto(`${origin}/docs/`, { timeout: 60_000 });
    await page.locator(".opblock-tag-section").first().waitFor({ timeout: 60_000 });
    for (const tag of ["Auth", "Users"]) await page.locator(`#operations-tag-${tag}`).click();
    expect(await tryIt("login")).toContain("200");
    await page.context().clearCookies();
    expect(await tryIt("getMe")).toContain("200");

    // The address names the operation that was opened last.
    await page.reload();
    await page.locator('[id$="-getMe"] .execute').waitFor({ timeout: 60_000 });
    expect(await tryIt("getMe")).toContain("200");
    expect(complaints).toEqual([]);
  });

  it("shows the sockets on a page without script", async () => {
    const answer = await page.goto(`${origin}/docs/sockets`);
    expect(answer?.headers()["content-security-policy"]).not.toContain("unsafe-inline");
    expect(await page.locator("article").count()).toBeGreaterThan(28);
    expect(await page.evaluate('getComputedStyle(document.querySelector("pre")).borderRadius')).toBe("8px");
    expect(complaints).toEqual([]);
  });

  it("is linked from the front door, every link of which leads somewhere", async () => {
    await page.goto(`${origin}/`);
    const hrefs: string[] = await page.evaluate("[...document.links].map(({ href }) => href)");
    expect(hrefs.length).toBeGreaterThan(6);
    const broken: string[] = [];
    for (const href of hrefs) {
      const { ok } = await fetch(href);
      if (!ok) broken.push(href);
    }
    expect(broken).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
