import { existsSync } from "node:fs";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestHarness } from "wrangler";
import { createTestHarness } from "wrangler";
import { root, run } from "../../scripts/process.ts";
import { createSecrets } from "../../scripts/secrets.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const PASSWORD = "Sunny-Harbour-7";
/** Where to keep pictures of the page, for whoever wants to see it. */
const PICTURES = process.env.PICTURES;

interface Visitor {
  context: BrowserContext;
  page: Page;
  log: Locator;
  /** What the page must not do: errors, refused by its own policy or by the server. */
  complaints: string[];
}

/** Two people, each in a browser of their own, on the page that a served Worker hands out. */
describe.skipIf(CHROMIUM === undefined)("the rooms page", () => {
  let server: TestHarness;
  let browser: Browser;
  let origin: string;
  let ana: Visitor;
  let ben: Visitor;

  beforeAll(async () => {
    const built = await run("node", ["scripts/assets.ts"]);
    if (built.code !== 0) throw new Error(built.output);
    const secrets = await createSecrets();
    const vars = { ENVIRONMENT: "test", RATE_LIMITS: "off" };
    server = createTestHarness({ root, workers: [{ configPath: "./wrangler.toml", vars, secrets }] });
    const { url } = await server.listen();
    origin = `http://localhost:${url.port}`;
    await server.getWorker().applyD1Migrations("DB");
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
    for (const username of ["ana", "ben"]) await register(username);
    ana = await visit("ana", "light");
    ben = await visit("ben", "dark");
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function register(username: string): Promise<void> {
    const body = JSON.stringify({ email: `${username}@example.org`, username, password: PASSWORD });
    const headers = { "content-type": "application/json" };
    const { status } = await fetch(`${origin}/api/v1/auth/register`, { method: "POST", headers, body });
    expect(status).toBe(201);
  }

  async function visit(username: string, colorScheme: "light" | "dark"): Promise<Visitor> {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1200, height: 760 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on(
      "console",
      (message) => message.text().includes("Content Security Policy") && complaints.push(message.text()),
    );
    page.setDefaultTimeout(30_000);
    await page.goto(`${origin}/app/rooms/`);
    await page.getByLabel("E-mail or username").fill(username);
    await page.getByLabel("Password").fill("Wrong-Harbour-1");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page
      .getByRole("alert")
      .filter({ hasText: /password/iu })
      .waitFor();
    await picture(page, `sign-in-${username}`);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
    return { context, page, log: page.getByRole("log"), complaints };
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
  }

  const said = ({ log }: Visitor, body: string): Locator => log.getByRole("listitem").filter({ hasText: body });

  async function say({ page }: Visitor, body: string): Promise<void> {
    await page.getByRole("textbox", { name: /^Message / }).fill(body);
    await page.keyboard.press("Enter");
  }

  /** The words of all messages in the order of the page, without those that wait to be sent. */
  const wordsOf = ({ log }: Visitor): Promise<string[]> =>
    log.locator(".message:not(.waiting) .words").allTextContents();

  it("opens a room, where another joins and is seen", async () => {
    await ana.page.getByLabel("Name of the new room").fill("Night readers");
    await ana.page.getByRole("button", { name: "Open", exact: true }).click();
    await ana.page.getByRole("heading", { name: "Night readers" }).waitFor();

    await ben.page.reload();
    await ben.page.getByRole("button", { name: /Night readers/ }).click();
    for (const { page } of [ana, ben]) {
      await page.getByText("2 here").waitFor();
      const people = page.getByRole("complementary", { name: "Who is here" });
      await people.getByText("ana", { exact: true }).waitFor();
      await people.getByText("ben", { exact: true }).waitFor();
    }
    await ben.page.getByLabel("My status").selectOption("busy");
    await ana.page.locator(".dot.busy").waitFor();
  });

  it("shows typing, then what was said; reactions, answers, edits and deletions reach the other", async () => {
    await ana.page.getByRole("textbox", { name: /^Message / }).pressSequentially("Who is");
    await ben.page.getByText("ana is typing…").waitFor();
    await say(ana, "Who is reading chapter three tonight?");
    await said(ben, "chapter three tonight").waitFor();
    await ben.page.getByText("ana is typing…").waitFor({ state: "detached" });

    await said(ben, "chapter three").getByRole("button", { name: "React with 🎉" }).click({ force: true });
    const chip = said(ana, "chapter three").getByRole("button", { name: "🎉, 1 person" });
    await chip.click();
    await said(ben, "chapter three").getByRole("button", { name: "🎉, 2 people, you too" }).waitFor();

    await said(ben, "chapter three").getByRole("button", { name: "Reply" }).click({ force: true });
    await say(ben, "I am, <b>after</b> dinner. See https://example.org/three");
    await said(ana, "I am, <b>after</b> dinner").getByText("ana Who is reading").waitFor();
    expect(await said(ana, "I am,").getByRole("link").getAttribute("href")).toBe("https://example.org/three");

    await said(ana, "chapter three tonight").getByRole("button", { name: "Edit" }).click({ force: true });
    await say(ana, "Who is reading chapter four tonight?");
    await said(ben, "chapter four tonight").first().waitFor();
    await said(ben, "chapter four tonight").getByText("edited").waitFor();

    await ben.page.evaluate(
      `fetch("/api/v1/rooms/" + location.hash.slice(1) + "/messages", { method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify({ clientId: "file", body: "my notes", attachments: [
          { url: "https://example.org/notes.pdf", type: "application/pdf", size: 2048, name: "notes.pdf" }] }) })`,
    );
    await said(ana, "my notes").getByRole("link", { name: "notes.pdf" }).waitFor();
    await said(ana, "my notes").getByText("application/pdf, 2 KiB").waitFor();

    await say(ben, "never mind");
    await said(ana, "never mind").getByRole("button", { name: "Delete" }).click({ force: true });
    await said(ben, "This message was deleted.").waitFor();
    expect(await wordsOf(ben)).toEqual(await wordsOf(ana));
  });

  it("loses nothing when one goes offline, writes there, and comes back", async () => {
    await ben.context.setOffline(true);
    await ben.page.getByRole("status").filter({ hasText: "Connection lost" }).waitFor();
    await ana.page.getByText("1 here").waitFor();
    for (let i = 1; i <= 12; i += 1) await say(ana, `while ben is away, ${i}`);
    await said(ana, "while ben is away, 12").waitFor();
    await say(ben, "written offline, first");
    await say(ben, "written offline, second");
    expect(await ben.log.locator(".waiting").count()).toBe(2);
    await picture(ben.page, "offline");

    await ben.context.setOffline(false);
    await said(ana, "written offline, second").waitFor();
    await ben.page.getByText("2 here").waitFor();
    await ana.page.locator(".dot.busy").waitFor();
    await expect.poll(() => ben.log.locator(".waiting").count()).toBe(0);
    const words = await wordsOf(ana);
    await expect.poll(() => wordsOf(ben)).toEqual(words);
    expect(words.slice(-14)).toEqual([
      ...Array.from({ length: 12 }, (_, i) => `while ben is away, ${i + 1}`),
      "written offline, first",
      "written offline, second",
    ]);
    await picture(ana.page, "light");
    await picture(ben.page, "dark");
  });

  it("comes back by itself when the room's object dies", async () => {
    const name = new URL(ana.page.url()).hash.slice(1);
    await server.getWorker().evictDurableObject("CHAT_ROOM", { name, webSockets: "close" });
    await say(ben, "after the fall");
    await said(ana, "after the fall").waitFor();
    await expect.poll(() => ben.log.locator(".waiting").count()).toBe(0);
    expect(await said(ben, "after the fall").count()).toBe(1);
    await ana.page.getByText("2 here").waitFor();
  });

  it("counts what is unread, and marks where it begins", async () => {
    await ben.page.getByLabel("Name of the new room").fill("Elsewhere");
    await ben.page.getByRole("button", { name: "Open", exact: true }).click();
    await ben.page.getByRole("heading", { name: "Elsewhere" }).waitFor();
    await say(ana, "news for ben");
    await said(ana, "news for ben").waitFor();
    await ben.page.reload();
    const entry = ben.page.getByRole("button", { name: /Night readers 1 unread/ });
    await entry.click();
    await said(ben, "news for ben").waitFor();
    await ben.log.getByText("New", { exact: true }).waitFor();
    await expect.poll(() => entry.count()).toBe(0);
  });

  it("is left for good by who signs out, and did nothing that its policy forbids", async () => {
    await ben.page.setViewportSize({ width: 390, height: 760 });
    await picture(ben.page, "narrow");
    await ben.page.getByRole("button", { name: "← Rooms" }).click();
    await picture(ben.page, "narrow-list");
    await ben.page.getByRole("button", { name: "Sign out" }).click();
    await ben.page.getByRole("heading", { name: "Guildhall rooms" }).waitFor();
    await ana.page.getByText("1 here").waitFor();
    expect([...ana.complaints, ...ben.complaints]).toEqual([]);
    const page = await fetch(`${origin}/app/rooms/`);
    expect(page.headers.get("Content-Security-Policy")).not.toContain("unsafe-inline");
    expect((await fetch(`${origin}/app/nothing`)).status).toBe(404);
  });
});
