import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { AppEnv } from "./env.ts";

const isNone = (request: Request): boolean => request.body === null || request.headers.get("Content-Length") === "0";

/** For a body that may be left out: clients that always say `application/json` say it of no body too. */
export const maySendNothing: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.header("Content-Type") !== undefined && isNone(c.req.raw)) {
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.raw, { headers });
  }
  await next();
};

/** For a body that empties what it leaves out: a request without one is a mistake, not a wish to empty everything. */
export const mustSendSomething: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.header("Content-Type") === undefined) throw new HTTPException(415);
  await next();
};
