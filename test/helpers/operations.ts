import type { Operation } from "../../src/http/openapi-operations.ts";
import type { Schemas } from "../../src/http/openapi-examples.ts";
import { get } from "./client.ts";

export interface Entry {
  method: string;
  path: string;
  name: string;
  operation: Operation & { "x-permission"?: string };
}

/** Every operation of the document as it is served, and the schemas it refers to. */
export async function readOperations(): Promise<{ operations: Entry[]; schemas: Schemas }> {
  const { body } = await get("/openapi.json");
  const paths = body.paths as Record<string, Record<string, Entry["operation"]>>;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  return { operations, schemas: body.components.schemas as Schemas };
}

/** Whether a person's token is what it asks for, if it asks for anything; another scheme is somebody else's. */
export const isPeoples = ({ operation: { security = [] } }: Entry): boolean =>
  security.length === 0 || security.some((scheme) => "bearer" in scheme);

export interface Filling {
  params: Record<string, string>;
  query: Record<string, string>;
}

export function addressOf({ path }: Entry, { params, query }: Filling): string {
  const filled = path.replaceAll(/\{(?<name>\w+)\}/gu, (_, name: string) => encodeURIComponent(params[name] ?? "x"));
  const search = new URLSearchParams(query).toString();
  return search ? `${filled}?${search}` : filled;
}
