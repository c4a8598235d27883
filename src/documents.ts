import type { OpenAPIHono } from "@hono/zod-openapi";
import { asyncApiDocument } from "./asyncapi.ts";
import { socketsPage } from "./asyncapi-page.ts";
import { openApiDocument } from "./document.ts";
import { asset } from "./http/assets.ts";
import { cookieNames } from "./http/cookies.ts";
import type { AppEnv } from "./http/env.ts";
import { PAGE_POLICY } from "./http/security.ts";

/** The documents of the whole app, and the pages that show them. To be called when every route is there. */
export function serveDocuments(app: OpenAPIHono<AppEnv>): void {
  const made = new Map<string, string>();
  const once = (name: string, make: () => unknown): string => {
    const text = made.get(name) ?? JSON.stringify(make());
    made.set(name, text);
    return text;
  };
  const json = { "Content-Type": "application/json" };

  app.get("/openapi.json", (c) => {
    const cookie = cookieNames(c.req.url).access;
    return c.body(
      once(cookie, () => openApiDocument(app, cookie)),
      200,
      json,
    );
  });
  app.get("/asyncapi.json", (c) => c.json(asyncApiDocument(c.req.url)));
  app.get("/docs", (c) => c.redirect("/docs/", 302));
  app.get("/docs/sockets", (c) =>
    c.html(socketsPage(asyncApiDocument(c.req.url)), 200, { "Content-Security-Policy": PAGE_POLICY }),
  );
  app.get("/docs/*", (c) => asset(c, PAGE_POLICY));
}
