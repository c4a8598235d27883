import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCommonPassword } from "../../src/features/auth/common-passwords.ts";
import { FAILURES, IDLE_MS, deviceOf, passwordFault, restFor, sessionEnds } from "../../src/features/auth/rules.ts";

describe("a password", () => {
  it.each(["Password1", "PASSWORD123", "Qwerty123456", "P@ssw0rd", "1Q2w3e4r", "Iloveyou1", "Dragon2026", "Zaq12wsx"])(
    "is common: %s",
    (password) => {
      expect(isCommonPassword(password)).toBe(true);
    },
  );

  it.each(["Guildhall1", "Sunny-Harbour-7", "Xy7391648205", "Correct-Horse-7", "Dragon93817465", "Dragon-Kettle-4"])(
    "is not common: %s",
    (password) => {
      expect(isCommonPassword(password)).toBe(false);
    },
  );

  it("is common whatever its case and whichever few digits follow", () => {
    const word = fc.constantFrom("password", "monkey", "sunshine", "football");
    const upper = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(word, upper, fc.nat(999_999), (text, cases, digits) => {
        const mixed = Array.from(text, (letter, i) => (cases[i] ? letter.toUpperCase() : letter)).join("");
        expect(isCommonPassword(`${mixed}${digits}`)).toBe(true);
      }),
    );
  });

  it("is counted in code points and has a letter of each case and a digit", () => {
    const part = fc.string({ unit: "grapheme", minLength: 0, maxLength: 130 });
    fc.assert(
      fc.property(part, (middle) => {
        const password = `Zz${middle}q8`;
        const length = Array.from(password).length;
        expect(passwordFault(password) === null).toBe(length >= 8 && length <= 128);
        expect(passwordFault(password.toUpperCase().replaceAll(/\p{Ll}/gu, ""))).not.toBeNull();
      }),
    );
  });
});

describe("a session", () => {
  it("ends after its idle time, never past ninety days from its beginning", () => {
    const instant = fc.integer({ min: 0, max: 4e12 }).map((at) => new Date(at));
    fc.assert(
      fc.property(instant, fc.nat(90 * 86_400_000), fc.boolean(), (started, age, remember) => {
        const used = new Date(started.getTime() + age);
        const { expiresAt, absoluteExpiresAt } = sessionEnds(started, used, remember);
        expect(absoluteExpiresAt.getTime() - started.getTime()).toBe(90 * 86_400_000);
        const idle = used.getTime() + (remember ? IDLE_MS.remembered : IDLE_MS.short);
        expect(expiresAt.getTime()).toBe(Math.min(idle, absoluteExpiresAt.getTime()));
      }),
    );
  });
});

describe("a device", () => {
  it.each([
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36",
      "Chrome on Windows",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
      "Edge on Windows",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
      "Safari on iOS",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15",
      "Safari on macOS",
    ],
    ["Mozilla/5.0 (Android 16; Mobile; rv:141.0) Gecko/141.0 Firefox/141.0", "Firefox on Android"],
    ["curl/8.5.0", "curl"],
    ["???", "Unknown"],
    ["", null],
    [null, null],
  ])("%s is %s", (userAgent, device) => {
    expect(deviceOf(userAgent)).toBe(device);
  });

  it("does not change with its versions", () => {
    const version = fc.nat(999);
    fc.assert(
      fc.property(version, version, (one, two) => {
        const firefox = (v: number) => `Mozilla/5.0 (X11; Linux x86_64; rv:${v}.0) Gecko/20100101 Firefox/${v}.0`;
        expect(deviceOf(firefox(one))).toBe(deviceOf(firefox(two)));
      }),
    );
  });
});

it("rests in whole seconds, never below none", () => {
  const now = new Date(1_000_000);
  expect(restFor(undefined, now)).toBe(0);
  expect(restFor({ restsUntil: null }, now)).toBe(0);
  expect(restFor({ restsUntil: new Date(999_999) }, now)).toBe(0);
  expect(restFor({ restsUntil: new Date(1_000_001) }, now)).toBe(1);
  expect(restFor({ restsUntil: new Date(1_000_000 + FAILURES.longestRestMs) }, now)).toBe(900);
});
