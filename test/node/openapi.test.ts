import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { openApi } from "../../scripts/documents.ts";
import { openApiFaults } from "../../scripts/lint-openapi.ts";

const document = await openApi();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation, name: `${method} ${path}` })),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, "openapi");

const escaped = (key: string) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
const pointer = (...keys: (string | number)[]) => keys.map((key) => `/${escaped(String(key))}`).join("");

/** What is wrong with an example, by the schema at the same place. */
function faultsOf(at: string, example: unknown): string[] {
  const validate = ajv.compile({ $ref: `openapi#${at}` });
  return validate(example) ? [] : [`${decodeURIComponent(at)}: ${ajv.errorsText(validate.errors)}`];
}

/** Every place that can have an example, with its examples. */
function* examples(): Generator<{ at: string; values: unknown[] }> {
  for (const { path, method, operation } of operations) {
    const base = ["paths", path, method];
    for (const [index, { example }] of (operation.parameters ?? []).entries())
      yield { at: pointer(...base, "parameters", index, "schema"), values: [example] };
    const contents = [
      { place: ["requestBody"], content: operation.requestBody?.content },
      ...Object.entries(operation.responses).map(([status, { content }]) => ({
        place: ["responses", status],
        content,
      })),
    ];
    for (const { place, content } of contents)
      for (const [type, media] of Object.entries(content ?? {}))
        if (!type.startsWith("text/"))
          yield { at: pointer(...base, ...place, "content", type, "schema"), values: valuesOf(media) };
  }
}

const valuesOf = (media: { example?: unknown; examples?: Record<string, unknown> }): unknown[] =>
  media.examples
    ? Object.keys(media.examples).map((code) => document.components.examples[code]?.value)
    : [media.example];

test("every parameter, body and answer has an example that its own schema accepts", { timeout: 60_000 }, () => {
  const found = [...examples()];
  expect(found.length).toBeGreaterThan(1000);
  expect(found.filter(({ values }) => values.length === 0 || values.includes(undefined)).map(({ at }) => at)).toEqual(
    [],
  );
  expect(found.flatMap(({ at, values }) => values.flatMap((value) => faultsOf(at, value)))).toEqual([]);
});

test("the examples inside schemas fit them", () => {
  const faults = Object.entries(document.components.schemas).flatMap(([name, schema]) => [
    ...(schema.example === undefined ? [] : faultsOf(pointer("components", "schemas", name), schema.example)),
    ...Object.entries(schema.properties ?? {}).flatMap(([property, { example }]) =>
      example === undefined ? [] : faultsOf(pointer("components", "schemas", name, "properties", property), example),
    ),
  ]);
  expect(faults).toEqual([]);
});

test("every operation has an id of its own, a summary, a tag that is described, and tells its failures", () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const tags = new Map(document.tags.map(({ name, description }) => [name, description]));
  const unfinished = operations.filter(
    ({ operation: { summary, tags: own = [], responses, security } }) =>
      !summary ||
      own.length !== 1 ||
      !responses["default"] ||
      !responses["429"] ||
      !security ||
      !tags.has(own[0] ?? ""),
  );
  expect(unfinished.map(({ name }) => name)).toEqual([]);
  expect([...tags].filter(([name, description]) => name === description)).toEqual([]);
});

test("what may be asked for, or changed, on a condition names the header that says it", () => {
  const named = (header: string) =>
    operations.filter(({ operation }) => operation.parameters?.some(({ name }) => name === header));
  const answering = (status: string) => operations.filter(({ operation }) => status in operation.responses);
  expect(named("If-None-Match")).toEqual(answering("304"));
  expect(named("If-None-Match").every(({ operation }) => "ETag" in (operation.responses["200"]?.headers ?? {}))).toBe(
    true,
  );
  expect(named("If-Match").map(({ name }) => name)).toEqual(
    expect.arrayContaining(["patch /api/v1/users/me", "put /api/v1/auth/profile", "delete /api/v1/goals/{id}"]),
  );
});

test("every operation can succeed", () => {
  const succeeds = (status: string) => /^(?:101|[23]\d\d)$/u.test(status);
  const hopeless = operations.filter(({ operation }) => !Object.keys(operation.responses).some(succeeds));
  expect(hopeless.map(({ name }) => name)).toEqual([]);
});

test("redocly and spectral find nothing", async () => {
  expect(await openApiFaults()).toEqual([]);
});
