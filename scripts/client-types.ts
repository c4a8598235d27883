import { typeOf } from "../src/platform/schema-types.ts";
import type { openApi } from "./documents.ts";

type Document = Awaited<ReturnType<typeof openApi>>;
type Operation = Document["paths"][string][string];
type Content = Record<string, { schema?: object }>;

const style = { refer: (ref: string) => `Schemas[${JSON.stringify(ref.split("/").at(-1))}]`, comments: true };
const typed = (schema: object = {}, indent = ""): string => typeOf(schema, style, indent);

/** The types that `openapi-fetch` reads: operations by path and method. */
export function apiTypes({ paths, components }: Document): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `  ${JSON.stringify(name)}: ${typed(schema, "  ")};`,
  );
  const routes = Object.entries(paths).map(([path, item]) => {
    const methods = Object.entries(item).map(
      ([method, operation]) => `${comment(operation)}    ${method}: ${operationType(operation)};`,
    );
    return `  ${JSON.stringify(path)}: {\n${methods.join("\n")}\n  };`;
  });
  return `export interface Schemas {\n${schemas.join("\n")}\n}\n\nexport interface paths {\n${routes.join("\n")}\n}\n`;
}

const comment = ({ summary }: Operation): string => (summary ? `    /** ${summary} */\n` : "");

function operationType({ parameters = [], requestBody, responses }: Operation): string {
  const places = ["query", "header", "path", "cookie"].map((place) => {
    const own = parameters.filter((parameter) => parameter.in === place);
    if (own.length === 0) return `        ${place}?: never;`;
    const isNeeded = own.some(({ required }) => required);
    const fields = own.map(
      ({ name, required, schema }) => `${JSON.stringify(name)}${required ? "" : "?"}: ${typed(schema)}`,
    );
    return `        ${place}${isNeeded ? "" : "?"}: { ${fields.join("; ")} };`;
  });
  const body = requestBody
    ? `requestBody${requestBody.required ? "" : "?"}: { content: ${contentType(requestBody.content)} };`
    : "requestBody?: never;";
  const answers = Object.entries(responses).map(
    ([status, { content }]) =>
      `        ${status}: { headers: Record<string, unknown>; content${content ? "" : "?"}: ${content ? contentType(content) : "never"} };`,
  );
  return `{\n      parameters: {\n${places.join("\n")}\n      };\n      ${body}\n      responses: {\n${answers.join("\n")}\n      };\n    }`;
}

const contentType = (content: Content): string =>
  `{ ${Object.entries(content)
    .map(([type, { schema }]) => `${JSON.stringify(type)}: ${typed(schema, "        ")}`)
    .join("; ")} }`;
