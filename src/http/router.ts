import { OpenAPIHono } from "@hono/zod-openapi";
import { validationError } from "../platform/validation.ts";
import type { AppEnv } from "./env.ts";

type Options = NonNullable<ConstructorParameters<typeof OpenAPIHono<AppEnv>>[0]>;

const PLACES = {
  json: "body",
  query: "query",
  param: "path",
  header: "header",
  cookie: "cookie",
  form: "body",
} as const;

/** A router whose validation failures are thrown as `VALIDATION_ERROR`, one issue a broken rule. */
export const createRouter = (options: Pick<Options, "getPath" | "router"> = {}) =>
  new OpenAPIHono<AppEnv>({
    ...options,
    defaultHook: (result) => {
      if (!result.success)
        throw validationError(result.error, PLACES[result.target as keyof typeof PLACES] ?? result.target);
    },
  });
