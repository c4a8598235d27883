import type { z } from "zod";
import type { Issue } from "./errors.ts";
import { AppError } from "./errors.ts";

/** What zod found, one issue a broken rule, each with its path from `place`: `body.tags[2]`. A word of the path that is none of those there are names nothing. */
export function validationError(error: z.core.$ZodError, place: string): AppError {
  if (place === "path" && error.issues.every(({ code }) => code === "invalid_value"))
    return new AppError("NOT_FOUND", "There is nothing at this address.");
  const details = error.issues.flatMap(told).map((issue): Issue => ({
    path: pathOf(place, issue.path),
    code: issue.code ?? "custom",
    message: issue.message,
  }));
  return new AppError("VALIDATION_ERROR", "The request does not fit; see details.", { details });
}

type Broken = z.core.$ZodIssue;

/** Of a value that fits no member of a union, what is wrong with it in the member that read on furthest, where one did. */
function told(issue: Broken): Broken[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const depths = issue.errors.map((inside) => Math.min(...inside.map(({ path }) => path.length)));
  const deepest = Math.max(...depths);
  const [member, ...others] = issue.errors.filter((_, index) => depths[index] === deepest);
  if (!member || others.length > 0) return [issue];
  return member.flatMap((one) => told({ ...one, path: [...issue.path, ...one.path] }));
}

const pathOf = (place: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`), place);
