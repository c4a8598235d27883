import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DELAYS_MS,
  base32,
  isTotp,
  matchingStep,
  otpauthUrl,
  plainCode,
  recoveryCode,
  stepAt,
  totp,
} from "../../src/features/mfa/rules.ts";
import { isRecent } from "../../src/features/auth/rules.ts";

const RFC_SECRET = new TextEncoder().encode("12345678901234567890");
const secrets = fc.uint8Array({ minLength: 20, maxLength: 20 });
const instants = fc.date({ min: new Date(60_000), max: new Date("2200-01-01"), noInvalidDate: true });

const fromBase32 = (text: string): number[] => {
  const bits = Array.from(text, (c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join(
    "",
  );
  return (bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2));
};

describe("codes of an authenticator app", () => {
  /** RFC 6238, appendix B, by their last six digits. */
  it.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("are those of RFC 6238 at %i seconds", async (seconds, code) => {
    expect(await totp(RFC_SECRET, stepAt(new Date(seconds * 1000)))).toBe(code);
  });

  it("are good one step early or late, and no more", async () => {
    await fc.assert(
      fc.asyncProperty(secrets, instants, fc.integer({ min: -3, max: 3 }), async (secret, now, drift) => {
        const step = stepAt(now) + drift;
        const code = await totp(secret, step);
        const near = await Promise.all([-1, 0, 1].map((d) => totp(secret, stepAt(now) + d)));
        const found = await matchingStep(secret, code, now, null);
        expect(found !== null).toBe(near.includes(code));
        expect(found === null || (await totp(secret, found)) === code).toBe(true);
        expect(found !== null || Math.abs(drift) > 1).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("are good once, and end all before them", async () => {
    await fc.assert(
      fc.asyncProperty(secrets, instants, fc.integer({ min: -1, max: 1 }), async (secret, now, drift) => {
        const last = stepAt(now) + drift;
        for (let step = stepAt(now) - 1; step <= last; step += 1) {
          const found = await matchingStep(secret, await totp(secret, step), now, last);
          expect(found === null || found > last).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("travel as a secret that apps read back to the same bytes", () => {
    fc.assert(
      fc.property(secrets, fc.string(), (secret, account) => {
        expect(fromBase32(base32(secret))).toEqual([...secret]);
        const url = new URL(otpauthUrl(secret, account.toWellFormed()));
        expect(url.searchParams.get("secret")).toBe(base32(secret));
        expect(decodeURIComponent(url.pathname)).toContain("Guildhall:");
      }),
    );
  });
});

it("recovery codes keep all of their bits, and never look like a code of the app", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (random) => {
      const code = recoveryCode(random);
      expect(code).toMatch(/^[a-z2-7]{4}(?:-[a-z2-7]{4}){3}$/u);
      expect(fromBase32(plainCode(code.toUpperCase()).toUpperCase())).toEqual([...random]);
      expect(isTotp(plainCode(code))).toBe(false);
    }),
  );
});

it("each wrong try waits at least as long as the one before, and never for good", () => {
  expect(DELAYS_MS).toEqual(DELAYS_MS.toSorted((a, b) => a - b));
  expect(DELAYS_MS.at(-1)).toBe(900_000);
  expect(DELAYS_MS[4]).toBe(0);
});

it("a factor is recent for ten minutes after it was last shown", () => {
  const at = new Date("2026-11-21T10:00:00Z");
  const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000);
  expect(isRecent({ createdAt: at, verifiedAt: null }, later(9.9))).toBe(true);
  expect(isRecent({ createdAt: at, verifiedAt: null }, later(10))).toBe(false);
  expect(isRecent({ createdAt: at, verifiedAt: later(20) }, later(29))).toBe(true);
});
