import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { openApi } from "../../scripts/documents.ts";

/** An answer as a test saw it. */
export interface Seen {
  method: string;
  path: string;
  status: number;
  /** The media type, without parameters; empty where there is none. */
  type: string;
  body: unknown;
}

type Document = Awaited<ReturnType<typeof openApi>>;

/** Holds answers against the OpenAPI document, in Node because the validators are compiled: POST answers, get faults. */
export async function startContract(): Promise<{ url: string; stop(): Promise<void> }> {
  const judge = judgeOf(await openApi());
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen = JSON.parse(Buffer.concat(chunks).toString()) as Seen[];
    response.end(JSON.stringify([...new Set(seen.flatMap(judge))]));
  };
  const server = createServer((request, response) => void handle(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Template {
  path: string;
  pattern: RegExp;
}

function judgeOf(document: Document): (seen: Seen) => string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "openapi");
  const validators = new Map<string, ValidateFunction>();
  const validate = (pointer: string) => {
    const known = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
    validators.set(pointer, known);
    return known;
  };
  const templates = templatesOf(document);
  return ({ method, path: asked, status, type, body }) => {
    const path = templates.find(({ pattern }) => pattern.test(asked))?.path ?? "";
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (!operation) return [];
    const fault = (what: string) => [`${method} ${path} → ${status}: ${what}`];
    const place = status in operation.responses ? String(status) : "default";
    if (place === "default" && status < 500) return fault("this status is not in the document");
    const { content } = operation.responses[place] ?? {};
    if (!content) return body === "" || body === null ? [] : fault("a body that is not in the document");
    const media = content[type];
    if (!media) return fault(`"${type}" is not in the document`);
    if (!type.includes("json")) return [];
    const code = (body as { error?: { code?: string } }).error?.code;
    if (code !== undefined && media.examples && !(code in media.examples))
      return fault(`${code} is not in the document`);
    const fits = validate(
      pointerTo("paths", path, method.toLowerCase(), "responses", place, "content", type, "schema"),
    );
    return fits(body) ? [] : fault(ajv.errorsText(fits.errors).slice(0, 1000));
  };
}

const escaped = (key: string) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
const pointerTo = (...keys: string[]) => keys.map((key) => `/${escaped(key)}`).join("");

/** Literal segments come before parameters, as in the router. */
const templatesOf = (document: Document): Template[] =>
  Object.keys(document.paths)
    .toSorted((a, b) => a.split("{").length - b.split("{").length)
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/gu, "[^/]+")}/?$`, "u") }));
