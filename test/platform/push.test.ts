import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { arePushKeys, encryptPush, MAX_PUSH_BYTES } from "../../src/platform/push/encryption.ts";
import { publicKeyOf, vapidAuthorization } from "../../src/platform/push/vapid.ts";
import { browser } from "../helpers/push.ts";

const bytes = (text: string) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
const text = (value: string) => new TextEncoder().encode(value);

/** RFC 8291, section 5 and appendix A. */
const RFC = {
  plaintext: "When I grow up, I want to be a watermelon",
  senderPrivate: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
  senderPublic: "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
  p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
  salt: "DGv6ra1nlYgDCS1FRnbzlw",
  body: "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
};

async function senderOfTheRfc(): Promise<CryptoKeyPair> {
  const point = bytes(RFC.senderPublic);
  const half = (from: number) => point.slice(from, from + 32).toBase64({ alphabet: "base64url", omitPadding: true });
  const jwk = { kty: "EC", crv: "P-256", x: half(1), y: half(33) };
  const algorithm = { name: "ECDH", namedCurve: "P-256" };
  return {
    publicKey: await crypto.subtle.importKey("jwk", jwk, algorithm, true, []),
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: RFC.senderPrivate }, algorithm, true, ["deriveBits"]),
  };
}

describe("a push message", () => {
  it("is what the example of RFC 8291 is", async () => {
    const sealed = await encryptPush(text(RFC.plaintext), RFC, {
      salt: bytes(RFC.salt),
      sender: await senderOfTheRfc(),
    });
    expect(sealed.toBase64({ alphabet: "base64url", omitPadding: true })).toBe(RFC.body);
  });

  it.each([0, 1, 500, MAX_PUSH_BYTES])("of %i bytes is read by its browser alone", async (length) => {
    const [mine, other] = [await browser(), await browser()];
    const plain = crypto.getRandomValues(new Uint8Array(length));
    const sealed = await encryptPush(plain, mine.keys);
    expect(sealed.length).toBeLessThanOrEqual(4096);
    expect(await mine.decrypt(sealed)).toEqual(plain);
    await expect(other.decrypt(sealed)).rejects.toThrow(DOMException);
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    await expect(mine.decrypt(sealed)).rejects.toThrow(DOMException);
  });

  it("differs each time, and is not made when it is too long", async () => {
    const { keys } = await browser();
    expect(await encryptPush(text("x"), keys)).not.toEqual(await encryptPush(text("x"), keys));
    await expect(encryptPush(new Uint8Array(MAX_PUSH_BYTES + 1), keys)).rejects.toThrow(RangeError);
  });

  it("goes to keys that a browser can have", async () => {
    const { p256dh, auth } = RFC;
    expect(await arePushKeys({ p256dh, auth })).toBe(true);
    const off = bytes(p256dh);
    off[64] = (off[64] ?? 0) ^ 1;
    const wrong = [
      { p256dh: "AAAA", auth },
      { p256dh: off.toBase64({ alphabet: "base64url" }), auth },
      { p256dh, auth: "AAAA" },
      { p256dh: "!", auth },
    ];
    expect(await Promise.all(wrong.map(arePushKeys))).toEqual([false, false, false, false]);
  });
});

describe("the sender", () => {
  it("proves itself to one push service, for half a day", async () => {
    const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const jwk = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey;
    const { x = "", y = "", d = "" } = jwk;
    const keys = { kty: "EC", crv: "P-256", x, y, d } as const;
    const now = new Date(Date.UTC(2026, 10, 21));
    const endpoint = "https://push.example.net/send/abc";
    const header = await vapidAuthorization(keys, { endpoint, subject: "mailto:a@example.org", now });
    const { t = "", k = "" } = /^vapid t=(?<t>[\w.-]+), k=(?<k>[\w-]+)$/u.exec(header)?.groups ?? {};
    expect([k, bytes(k).length, bytes(k)[0]]).toEqual([publicKeyOf(keys), 65, 4]);
    const known = createLocalJWKSet({ keys: [{ kty: "EC", crv: "P-256", x, y, alg: "ES256" }] });
    const { payload } = await jwtVerify(t, known, { audience: "https://push.example.net", currentDate: now });
    expect(payload).toEqual({
      aud: "https://push.example.net",
      sub: "mailto:a@example.org",
      exp: now.getTime() / 1000 + 12 * 60 * 60,
    });
  });
});
