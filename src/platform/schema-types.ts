/** As much of JSON schema as our documents use. */
export interface TypedSchema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, TypedSchema>;
  required?: string[];
  additionalProperties?: boolean | TypedSchema;
  items?: TypedSchema;
  anyOf?: TypedSchema[];
  oneOf?: TypedSchema[];
  allOf?: TypedSchema[];
}

interface Style {
  /** How a reference is written; its name by default. */
  refer?: (ref: string) => string;
  /** Whether descriptions are kept, as comments. */
  comments?: boolean;
}

/** The TypeScript type of what a JSON schema accepts. */
export function typeOf(schema: TypedSchema, style: Style = {}, indent = ""): string {
  if (schema.$ref !== undefined) return (style.refer ?? lastSegment)(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const inner = (part: TypedSchema) => typeOf(part, style, indent);
  if (schema.allOf) return schema.allOf.map((part) => grouped(inner(part))).join(" & ");
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return [...new Set(alternatives.map(inner))].join(" | ");
  const types = [schema.type ?? (schema.properties ? "object" : [])].flat();
  if (types.length === 0) return "unknown";
  return types.map((type) => named(type, schema, style, indent)).join(" | ");
}

const lastSegment = (ref: string): string => ref.split("/").at(-1) ?? "unknown";

const grouped = (type: string): string => (type.includes(" | ") ? `(${type})` : type);

function named(type: string, schema: TypedSchema, style: Style, indent: string): string {
  switch (type) {
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return type;
    case "array":
      return `${grouped(typeOf(schema.items ?? {}, style, indent))}[]`;
    default:
      return objectType(schema, style, indent);
  }
}

function objectType(schema: TypedSchema, style: Style, indent: string): string {
  const inside = `${indent}  `;
  const { additionalProperties: more, properties = {}, required = [] } = schema;
  const lines = Object.entries(properties).flatMap(([name, part]) => [
    ...(style.comments && part.description ? [`${inside}/** ${part.description.replaceAll("*/", "*\\/")} */`] : []),
    `${inside}${propertyName(name)}${required.includes(name) ? "" : "?"}: ${typeOf(part, style, inside)};`,
  ]);
  const open = typeof more === "object" ? typeOf(more, style, inside) : "unknown";
  if (lines.length === 0) return more === false ? "Record<string, never>" : `Record<string, ${open}>`;
  if (more === true || (typeof more === "object" && open === "unknown")) lines.push(`${inside}[key: string]: unknown;`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}

const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/u.test(name) ? name : JSON.stringify(name));
