import { describe, expect, it } from "vitest";
import { ConfigError, configOf } from "../../src/platform/config.ts";
import { loginsOf } from "../../src/platform/oauth/settings.ts";
import { seal, unseal } from "../../src/platform/sealing.ts";
import { trustedTarget } from "../../src/features/oauth/rules.ts";

const openid = (name: string, issuer: string) => ({
  [`OIDC_${name}_ISSUER`]: issuer,
  [`OIDC_${name}_CLIENT_ID`]: "id",
  [`OIDC_${name}_CLIENT_SECRET`]: "secret",
});

describe("which logins are offered", () => {
  it("is none without configuration, and an empty variable is none", () => {
    expect(loginsOf({})).toEqual({ logins: new Map(), faults: [] });
    expect(loginsOf({ GITHUB_CLIENT_ID: "", OIDC_X_ISSUER: "" })).toEqual({ logins: new Map(), faults: [] });
  });

  it("is each that is configured, by its name in lower case", () => {
    const { logins, faults } = loginsOf({
      ENVIRONMENT: "production",
      GITHUB_CLIENT_ID: "id",
      GITHUB_CLIENT_SECRET: "secret",
      GOOGLE_CLIENT_ID: "id",
      GOOGLE_CLIENT_SECRET: "secret",
      ...openid("SCHOOL_2", "https://login.school.example"),
    });
    expect(faults).toEqual([]);
    expect([...logins].map(([name, { issuer }]) => [name, issuer])).toEqual([
      ["github", "https://github.com"],
      ["google", "https://accounts.google.com"],
      ["school_2", "https://login.school.example"],
    ]);
  });

  it("names what is missing", () => {
    expect(loginsOf({ GITHUB_CLIENT_ID: "id" }).faults).toEqual(["GITHUB_CLIENT_SECRET"]);
    expect(loginsOf({ OIDC_X_CLIENT_ID: "id" }).faults).toEqual(["OIDC_X_CLIENT_SECRET", "OIDC_X_ISSUER"]);
    expect(() => configOf({ GOOGLE_CLIENT_ID: "id" })).toThrow(ConfigError);
    expect(() => configOf({ GOOGLE_CLIENT_ID: "id" })).toThrow("GOOGLE_CLIENT_SECRET");
  });

  it.each([
    ["development", "http://127.0.0.1:9000", true],
    ["test", "http://localhost:9000", true],
    ["test", "http://[::1]:9000", true],
    ["production", "http://127.0.0.1:9000", false],
    ["development", "http://login.school.example", false],
    ["development", "http://127.0.0.1.school.example", false],
    ["development", "ftp://127.0.0.1", false],
    ["development", "school", false],
    ["production", "https://login.school.example", true],
  ])("takes in %s the issuer %s: %s", (ENVIRONMENT, issuer, taken) => {
    const { logins, faults } = loginsOf({ ENVIRONMENT, ...openid("X", issuer) });
    expect([logins.has("x"), faults]).toEqual(taken ? [true, []] : [false, ["OIDC_X_ISSUER"]]);
    const github = { GITHUB_BASE_URL: issuer, GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" };
    expect(loginsOf({ ENVIRONMENT, ...github }).faults).toEqual(taken ? [] : ["GITHUB_BASE_URL"]);
  });
});

describe("a sealed text", () => {
  const seal1 = { secret: "a".repeat(32), purpose: "totp-secret", subject: "mei" } as const;

  it("opens for what it was sealed for, and looks different each time", async () => {
    const [one, two] = [await seal("zoë", seal1), await seal("zoë", seal1)];
    expect(await unseal(one, seal1)).toBe("zoë");
    expect(one).not.toBe(two);
  });

  it("opens for nothing else, and not when it was changed", async () => {
    const sealed = await seal("text", seal1);
    expect(await unseal(sealed, { ...seal1, subject: "ben" })).toBeNull();
    expect(await unseal(sealed, { ...seal1, purpose: "oauth-flow" })).toBeNull();
    expect(await unseal(sealed, { ...seal1, secret: "b".repeat(32) })).toBeNull();
    expect(await unseal(`${sealed.startsWith("A") ? "B" : "A"}${sealed.slice(1)}`, seal1)).toBeNull();
    for (const text of ["", "A", "not base64!", "AAAAAAAAAAAAAAAA"]) expect(await unseal(text, seal1)).toBeNull();
  });
});

it("a login leads to this origin or to an allowed one, by scheme, host and port", () => {
  const own = "https://api.example.org";
  const allowed = ["https://app.example.org"];
  expect(trustedTarget("/x", own, allowed)).toBe("https://api.example.org/x");
  expect(trustedTarget("https://app.example.org/y?z=1#f", own, allowed)).toBe("https://app.example.org/y?z=1#f");
  for (const target of [
    "https://app.example.org.evil.org",
    "http://app.example.org",
    "//evil.org",
    "data:,x",
    "\\\\evil.org",
  ])
    expect(trustedTarget(target, own, allowed)).toBeNull();
});
