/** As much of a JSON schema as the document's own schemas use. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  example?: unknown;
  examples?: unknown[];
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minItems?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

export type Schemas = Record<string, Schema>;

const TEXTS: Record<string, string> = {
  uuid: "0199aa11-2233-7444-8555-66778899aabb",
  "date-time": "2026-11-21T10:00:00.000Z",
  date: "2026-11-21",
  email: "ana@example.org",
  uri: "https://example.org/",
};

/** An example of a schema: its own, or one put together from those of its parts. */
export function exampleOf(schema: Schema, schemas: Schemas): unknown {
  const told = [schema.example, schema.examples?.[0], schema.const, schema.enum?.[0], schema.default];
  const own = told.find((value) => value !== undefined);
  if (own !== undefined) return own;
  if (schema.$ref !== undefined) return exampleOf(referred(schema.$ref, schemas), schemas);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, schemas))) as unknown;
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) {
    const chosen = alternatives.find(({ type }) => type !== "null") ?? alternatives[0];
    return exampleOf(chosen ?? {}, schemas);
  }
  return ofType(schema, schemas);
}

const referred = (ref: string, schemas: Schemas): Schema => schemas[ref.split("/").at(-1) ?? ""] ?? {};

function ofType(schema: Schema, schemas: Schemas): unknown {
  switch ([schema.type].flat().find((type) => type !== "null")) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [name, exampleOf(property, schemas)]),
      );
    case "array":
      return Array.from({ length: Math.max(1, schema.minItems ?? 1) }, () => exampleOf(schema.items ?? {}, schemas));
    case "string":
      return TEXTS[schema.format ?? ""] ?? "text".padEnd(schema.minLength ?? 0, "-");
    case "integer":
    case "number":
      return schema.minimum ?? (schema.exclusiveMinimum === undefined ? 1 : schema.exclusiveMinimum + 1);
    case "boolean":
      return true;
    case undefined:
    default:
      return null;
  }
}
