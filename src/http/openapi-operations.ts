import type { ErrorCode } from "../platform/errors.ts";
import { ERRORS } from "../platform/errors.ts";
import type { Schema, Schemas } from "./openapi-examples.ts";
import { exampleOf } from "./openapi-examples.ts";

interface Content {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, unknown>;
}

interface Described {
  description: string;
  content?: Record<string, Content>;
  headers?: Record<string, unknown>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
  example?: unknown;
}

export interface Operation {
  operationId: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Content> };
  responses: Record<string, Described>;
}

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";

/**
 * What the middleware adds to every operation, said of each one: the failures it can meet on the way in, its headers,
 * and an example of everything that has none of its own.
 */
export function completed(method: string, operation: Operation, schemas: Schemas): Operation {
  const responses = { ...operation.responses };
  for (const code of commonFailures(method, operation)) addFailure(responses, code);
  return {
    ...operation,
    security: operation.security ?? [],
    ...parametersOf(method, operation, schemas),
    ...(operation.requestBody && {
      requestBody: { ...operation.requestBody, content: withExamples(operation.requestBody.content, schemas) },
    }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => [
        status,
        withHeaders(status, response, schemas, hasETag(status, responses)),
      ]),
    ),
  };
}

const isPersonal = ({ security = [] }: Operation): boolean => security.some((scheme) => "bearer" in scheme);
/** An upload, which nobody is signed in for, answers 412 to what is there already. */
const isGuarded = (operation: Operation): boolean => "412" in operation.responses && isPersonal(operation);
const isRetryable = (method: string, operation: Operation): boolean => method === "post" && isPersonal(operation);

function commonFailures(method: string, operation: Operation): ErrorCode[] {
  const codes: ErrorCode[] = ["VALIDATION_ERROR", "RATE_LIMITED", "UNAVAILABLE"];
  if (isPersonal(operation)) codes.push("PASSWORD_CHANGE_REQUIRED");
  if (method !== "get") codes.push("CSRF_REJECTED", "PAYLOAD_TOO_LARGE");
  const body = operation.requestBody?.content;
  if (body?.[JSON_TYPE]) codes.push("MALFORMED_JSON");
  if (body?.[JSON_TYPE] ?? body?.[FORM_TYPE]) codes.push("UNSUPPORTED_MEDIA_TYPE");
  if (isRetryable(method, operation)) codes.push("IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED");
  return codes;
}

/** One more code of its status; an answer that is something else as a rule, such as a page, may also be a failure. */
function addFailure(responses: Record<string, Described>, code: ErrorCode): void {
  const status = String(ERRORS[code]);
  const { description, content, ...rest } = responses[status] ?? { description: "" };
  const { schema, examples } = content?.[JSON_TYPE] ?? {};
  if (examples && code in examples) return;
  const isFailure = content === undefined || examples !== undefined;
  const failure = { schema: schema ?? FAILURE, examples: { ...examples, ...failureExamples([code]) } };
  responses[status] = {
    ...rest,
    description: isFailure ? [description, code].filter(Boolean).join(", ") : description,
    content: { ...content, [JSON_TYPE]: schema && !examples ? { schema: { anyOf: [schema, FAILURE] } } : failure },
  };
}

const FAILURE = { $ref: "#/components/schemas/Failure" };

/** The examples of a failure response, by code. */
export const failureExamples = (codes: Iterable<ErrorCode>): Record<string, { $ref: string }> =>
  Object.fromEntries([...codes].map((code) => [code, { $ref: `#/components/examples/${code}` }]));

function parametersOf(method: string, operation: Operation, schemas: Schemas): Pick<Operation, "parameters"> | null {
  const parameters = (operation.parameters ?? []).map((parameter): Parameter => ({
    ...parameter,
    example: parameter.example ?? exampleOf(parameter.schema ?? {}, schemas),
  }));
  if (isRetryable(method, operation)) parameters.push(IDEMPOTENCY_KEY);
  if ("304" in operation.responses) parameters.push(IF_NONE_MATCH);
  if (isGuarded(operation)) parameters.push(IF_MATCH);
  return parameters.length > 0 ? { parameters } : null;
}

const IDEMPOTENCY_KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Repeated within 24 hours with the same body, the first answer is given again and nothing is done twice.",
  schema: { type: "string", pattern: "^[\\x20-\\x7e]{1,255}$" },
  example: "0199aa11-2233-7444-8555-66778899aabb",
};

const entityTag = (name: string, description: string): Parameter => ({
  name,
  in: "header",
  required: false,
  description,
  schema: { type: "string" },
  example: '"iq3AM9mBSQ_n6uNNNTzo5S"',
});
const IF_NONE_MATCH = entityTag("If-None-Match", "The `ETag` of your copy; while it is still good the answer is 304.");
const IF_MATCH = entityTag("If-Match", "The `ETag` of what you saw; when somebody else was faster the answer is 412.");

const withExamples = (content: Record<string, Content>, schemas: Schemas): Record<string, Content> =>
  Object.fromEntries(
    Object.entries(content).map(([type, media]) => [
      type,
      media.examples || media.example !== undefined || type.startsWith("text/")
        ? media
        : { ...media, example: exampleOf(media.schema ?? {}, schemas) },
    ]),
  );

/** What can be asked for with `If-None-Match`. */
const hasETag = (status: string, responses: Record<string, Described>): boolean =>
  "304" in responses && (status === "200" || status === "304");

function withHeaders(status: string, response: Described, schemas: Schemas, tagged: boolean): Described {
  const header = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } });
  return {
    ...response,
    headers: {
      ...header("X-Request-Id"),
      ...((status === "429" || status === "503") && header("Retry-After")),
      ...(status === "201" && header("Location")),
      ...(tagged && header("ETag")),
      ...response.headers,
    },
    ...(response.content && { content: withExamples(response.content, schemas) }),
  };
}
