import { OpenAPIHono } from "@hono/zod-openapi";
import type { z } from "zod";
import type { Issue } from "../platform/errors.ts";
import { AppError } from "../platform/errors.ts";
import type { AppEnv } from "./env.ts";

const PLACES = {
  json: "body",
  query: "query",
  param: "path",
  header: "header",
  cookie: "cookie",
  form: "body",
} as const;

/** A router whose validation failures are thrown as `VALIDATION_ERROR`, one issue a broken rule. */
export const createRouter = (getPath?: (request: Request) => string) =>
  new OpenAPIHono<AppEnv>({
    ...(getPath ? { getPath } : {}),
    defaultHook: (result) => {
      if (!result.success)
        throw validationError(result.error, PLACES[result.target as keyof typeof PLACES] ?? result.target);
    },
  });

export function validationError(error: z.core.$ZodError, place: string): AppError {
  const details = error.issues.map((issue): Issue => ({
    path: pathOf(place, issue.path),
    code: issue.code ?? "custom",
    message: issue.message,
  }));
  return new AppError("VALIDATION_ERROR", "The request does not fit; see details.", { details });
}

/** `body.tags[2]` */
function pathOf(place: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`),
    place,
  );
}
