import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outboundFault } from "../../src/platform/outbound.ts";
import { retryAfterSeconds } from "../../src/platform/retry-after.ts";

const strict = (url: string) => outboundFault(url, { loopbackAllowed: false });
const lenient = (url: string) => outboundFault(url, { loopbackAllowed: true });

describe("an address that somebody gave", () => {
  it.each([
    "https://hooks.example.org/a?b=c",
    "https://example.org:8443/",
    "https://8.8.8.8/",
    "https://172.32.0.1/",
    "https://[2606:4700::1111]/",
    "https://bücher.example/",
  ])("may be %s", (url) => {
    expect([strict(url), lenient(url)]).toEqual([null, null]);
  });

  it.each([
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fdff:ffff::]/",
    "https://[::]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[2002:a00:1::]/",
    "https://[2001:db8::1]/",
    "https://[ff02::1]/",
    "https://intranet/",
    "https://db.internal/",
    "https://printer.local./",
    "https://router.home.arpa/",
  ])("may never be %s", (url) => {
    expect([strict(url), lenient(url)]).toEqual(["private_address", "private_address"]);
  });

  it.each([
    "https://127.0.0.1/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://[::1]:8443/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://１２７.０.０.１/",
  ])("may be %s on a developer's machine only", (url) => {
    expect([strict(url), lenient(url)]).toEqual(["private_address", null]);
  });

  it("is https, without a password, and a URL", () => {
    expect(strict("http://hooks.example.org/")).toBe("not_https");
    expect([lenient("http://hooks.example.org/"), lenient("http://127.0.0.1:9/")]).toEqual(["not_https", null]);
    expect(strict("https://user:secret@example.org/")).toBe("with_credentials");
    expect(["ftp://example.org/", "file:///etc/passwd", "nonsense", ""].map(strict)).toEqual(
      Array(4).fill("not_a_url"),
    );
  });

  it("is judged by its number, however it is written", () => {
    const octets = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })));
    fc.assert(
      fc.property(octets, ([a = 0, b = 0, c = 0, d = 0]) => {
        const number = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
        const forms = [`${a}.${b}.${c}.${d}`, String(number), `0x${number.toString(16)}`];
        const verdicts = new Set(forms.map((host) => strict(`https://${host}/`)));
        expect(verdicts.size).toBe(1);
        const group = (n: number) => n.toString(16);
        expect(strict(`https://[::ffff:${group(a * 256 + b)}:${group(c * 256 + d)}]/`)).toBe("private_address");
      }),
    );
  });
});

describe("Retry-After", () => {
  it("is seconds or a date", () => {
    const now = new Date("2026-11-21T10:00:00.000Z");
    const values = ["120", " 7 ", "Sat, 21 Nov 2026 10:01:30 GMT", "Sat, 21 Nov 2026 09:00:00 GMT", "soon", "-5", null];
    expect(values.map((value) => retryAfterSeconds(value, now))).toEqual([120, 7, 90, 0, 0, 0, 0]);
  });
});
