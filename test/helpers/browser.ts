import { exports } from "cloudflare:workers";
import { ORIGIN } from "./client.ts";

/** A browser as far as a login needs one: it keeps cookies by origin, follows redirects, and sends a page's form. */
export class Browser {
  readonly #jars = new Map<string, Map<string, string>>();

  cookie(name: string): string | undefined {
    return this.#jar(ORIGIN).get(name);
  }

  setCookie(name: string, value: string): void {
    this.#jar(ORIGIN).set(name, value);
  }

  #jar(origin: string): Map<string, string> {
    const jar = this.#jars.get(origin) ?? new Map<string, string>();
    this.#jars.set(origin, jar);
    return jar;
  }

  /** One request, redirects not followed. */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { origin, href } = new URL(url, ORIGIN);
    const jar = this.#jar(origin);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const request = new Request(href, { ...init, headers, redirect: "manual" });
    const response = origin === ORIGIN ? await exports.default.fetch(request) : await fetch(request);
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^(?<name>[^=]+)=(?<value>[^;]*)/u.exec(line) ?? [];
      if (/max-age=0|expires=thu, 01 jan 1970/iu.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Follows redirects until one leads where `stop` says, and gives that address, unvisited. */
  async follow(url: string | URL, stop: (url: URL) => boolean, init: RequestInit = {}): Promise<URL> {
    let next = new URL(url, ORIGIN);
    let request = init;
    for (let hops = 0; hops < 12; hops += 1) {
      const response = await this.fetch(next, request);
      const location = response.headers.get("Location");
      if (location === null) throw new Error(`${response.status} at ${next.href}: ${await response.text()}`);
      await response.body?.cancel();
      next = new URL(location, next);
      request = {};
      if (stop(next)) return next;
    }
    throw new Error(`too many redirects, the last to ${next.href}`);
  }
}
