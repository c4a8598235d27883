import { existsSync } from "node:fs";
import type { Browser, CDPSession, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestHarness } from "wrangler";
import { createTestHarness } from "wrangler";
import { root } from "../../scripts/process.ts";
import { createSecrets } from "../../scripts/secrets.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const API = "/api/v1/auth";

interface Answer {
  status: number;
  code: string | undefined;
  data: { accessToken: string; user: { id: string } };
}

/** What a site's own script does. Text, since it runs in the browser. */
const SEND = `
  const send = async (path, body) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch("${API}" + path, { method: "POST", headers, body: JSON.stringify(body) });
    const { data, error } = await response.json();
    return { status: response.status, code: error?.code, data };
  };`;
const ADD = `
  const { data } = await send("/passkeys/register/options", {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(data);
  const credential = await navigator.credentials.create({ publicKey });
  return await send("/passkeys/register/verify", credential.toJSON());`;
const LOGIN = `
  const { data } = await send("/passkeys/login/options", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(data);
  const credential = await navigator.credentials.get({ publicKey });
  return await send("/passkeys/login/verify", credential.toJSON());`;

/** Headless Chromium with a virtual authenticator (CDP WebAuthn), on a page of the served Worker. */
describe.skipIf(CHROMIUM === undefined)("a passkey in a browser", () => {
  let server: TestHarness;
  let browser: Browser;
  let page: Page;
  let cdp: CDPSession;
  let authenticatorId: string;

  beforeAll(async () => {
    const secrets = await createSecrets();
    const vars = { ENVIRONMENT: "test", RATE_LIMITS: "off" };
    server = createTestHarness({ root, workers: [{ configPath: "./wrangler.toml", vars, secrets }] });
    const { url } = await server.listen();
    await server.getWorker().applyD1Migrations("DB");
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
    page = await browser.newPage();
    await page.goto(`http://localhost:${url.port}/`);
    cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    authenticatorId = await authenticator();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const authenticator = async (): Promise<string> => {
    const options = {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    return (await cdp.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId;
  };

  const run = (script: string): Promise<Answer> => page.evaluate<Answer>(`(async () => { ${SEND} ${script} })()`);
  const register = (person: object): Promise<Answer> =>
    run(`return await send("/register", ${JSON.stringify(person)});`);
  const addPasskey = (): Promise<Answer> => run(ADD);
  const login = (): Promise<Answer> => run(LOGIN);

  it("is made and used without a username", async () => {
    const person = { email: "mei@example.org", password: "Sunny-Harbour-7" };
    const registered = await register(person);
    expect(registered.status).toBe(201);

    const added = await addPasskey();
    expect([added.status, added.code]).toEqual([201, undefined]);
    const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
    expect(credentials).toHaveLength(1);
    expect(credentials[0]).toMatchObject({ isResidentCredential: true, rpId: "localhost" });

    await page.context().clearCookies();
    for (let i = 0; i < 2; i += 1) {
      const entered = await login();
      expect([entered.status, entered.code]).toEqual([200, undefined]);
      expect(entered.data.user.id).toBe(registered.data.user.id);
    }
    const cookies = await page.context().cookies();
    expect(cookies.map((cookie) => [cookie.httpOnly, cookie.sameSite])).toEqual([
      [true, "Lax"],
      [true, "Lax"],
    ]);
  });

  it("is not made twice in one authenticator", async () => {
    await expect(addPasskey()).rejects.toThrow("InvalidStateError");
  });

  it("is refused when its copy was used elsewhere", async () => {
    const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
    const [copy] = credentials;
    if (!copy) throw new Error("no passkey");
    await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
    await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: { ...copy, signCount: 0 } });
    expect(await login()).toMatchObject({ status: 401, code: "INVALID_CREDENTIALS" });
  });

  it("is not used by somebody whom the device does not know", async () => {
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await expect(login()).rejects.toThrow("NotAllowedError");
  });
});
