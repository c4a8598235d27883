import type { z } from "zod";
import type { Issue } from "./errors.ts";
import { AppError } from "./errors.ts";

/** What zod found, one issue a broken rule, each with its path from `place`: `body.tags[2]`. */
export function validationError(error: z.core.$ZodError, place: string): AppError {
  const details = error.issues.map((issue): Issue => ({
    path: pathOf(place, issue.path),
    code: issue.code ?? "custom",
    message: issue.message,
  }));
  return new AppError("VALIDATION_ERROR", "The request does not fit; see details.", { details });
}

const pathOf = (place: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`), place);
