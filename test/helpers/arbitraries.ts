import fc from "fast-check";
import type { Schema, Schemas } from "../../src/http/openapi-examples.ts";

/** Ids that exist, so that what is generated is about something. */
type Ids = readonly string[];

/** Values that a JSON schema of the document accepts. */
export function arbitraryOf(schema: Schema, schemas: Schemas, ids: Ids, depth = 0): fc.Arbitrary<unknown> {
  const inner = (part: Schema) => arbitraryOf(part, schemas, ids, depth + 1);
  if (schema.$ref !== undefined) return inner(schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.allOf) return fc.tuple(...schema.allOf.map(inner)).map((parts) => Object.assign({}, ...parts) as unknown);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return fc.oneof(...alternatives.map(inner));
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, schema, ids, inner, depth)));
}

function ofType(
  type: string,
  schema: Schema & { maximum?: number; maxItems?: number; maxLength?: number; uniqueItems?: boolean },
  ids: Ids,
  inner: (part: Schema) => fc.Arbitrary<unknown>,
  depth: number,
): fc.Arbitrary<unknown> {
  const { minimum = -1000, maximum = 1000, minItems = 0, maxItems = 4 } = schema;
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: Math.min(minimum, maximum), max: Math.max(minimum, maximum) });
    case "number":
      return fc.double({ min: Math.min(minimum, maximum), max: Math.max(minimum, maximum), noNaN: true });
    case "array":
      return fc.array(inner(schema.items ?? {}), {
        minLength: minItems,
        maxLength: Math.max(minItems, Math.min(maxItems, depth > 3 ? 1 : 4)),
      });
    case "object":
      return objectOf(schema, inner);
    default:
      return text(schema, ids);
  }
}

function objectOf(schema: Schema, inner: (part: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {}).map(([name, part]) => [name, inner(part)] as const);
  const requiredKeys = (schema.required ?? []).filter((name) => schema.properties?.[name]);
  return fc.record(Object.fromEntries(properties), { requiredKeys });
}

function text(schema: Schema & { maxLength?: number }, ids: Ids): fc.Arbitrary<string> {
  const { format, pattern, minLength = 0, maxLength = 60 } = schema;
  const example = typeof schema.example === "string" ? [fc.constant(schema.example)] : [];
  switch (format) {
    case "uuid":
      return fc.oneof(fc.constantFrom(...ids), fc.uuid({ version: 7 }));
    case "date-time":
      return fc
        .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
        .map((d) => d.toISOString());
    case "date":
      return fc
        .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
        .map((d) => d.toISOString().slice(0, 10));
    case "email":
      return fc.oneof(...example, fc.stringMatching(/^[a-z]{3,12}@example\.org$/u));
    case "uri":
      return fc.oneof(...example, fc.webUrl());
    default:
  }
  if (pattern !== undefined) return fc.oneof(...example, fc.stringMatching(new RegExp(pattern, "u")));
  const size = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 60)) };
  return fc.oneof(...example, fc.string({ ...size, unit: "grapheme" }), fc.string({ ...size, unit: "binary" }));
}

const NASTY: unknown[] = [
  "\u0000",
  "a\u0000b",
  "\uD800",
  "__proto__",
  "",
  "x".repeat(6000),
  "' OR 1=1 --",
  "9".repeat(400),
  null,
  -1,
  0,
  1e308,
  0.5,
  2 ** 53,
  [],
  {},
  [null],
  true,
  { $ref: "x" },
];

/** The value with one of its parts replaced or left out, or something that is no such value at all. */
export function brokenOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, fc.constantFrom(...NASTY), fc.nat(), fc.nat(3))
    .map(([whole, nasty, where, how]) => (how === 0 ? nasty : replaced(whole, nasty, where, how === 1)));
}

function replaced(value: unknown, nasty: unknown, where: number, drop: boolean): unknown {
  if (typeof value !== "object" || value === null) return nasty;
  const keys = Object.keys(value);
  const key = keys[where % Math.max(1, keys.length)];
  if (key === undefined) return nasty;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  const part = copy[key];
  if (drop) delete copy[key];
  else copy[key] = where % 3 === 0 ? nasty : replaced(part, nasty, Math.floor(where / 7), false);
  return copy;
}
