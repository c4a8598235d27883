import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../src/app.ts";
import { ERRORS } from "../../src/platform/errors.ts";
import type { Answer, Options } from "../helpers/client.ts";
import { ORIGIN, call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner, staff } from "../helpers/factories.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a decoded document, read as it comes
type Json = any;

interface Operation {
  method: string;
  template: string;
  name: string;
  operation: Json;
  /** The body schema's example; undefined where there is no body. */
  example: Json;
}

const METHODS = ["get", "post", "put", "patch", "delete"];
const SOMEONE = "0199aa11-2233-7444-8555-66778899aabb";
const SLOW = 120_000;

let document: Json;
let operations: Operation[];
let ana: Learner;
let root: Learner;
let ids: Record<string, string>;

beforeAll(async () => {
  document = (await get("/openapi.json")).body;
  operations = Object.entries<Json>(document.paths).flatMap(([template, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      name: `${method.toUpperCase()} ${template}`,
      operation,
      example: exampleOf(operation),
    })),
  );
  ana = await learner();
  root = await staff("superadmin");
  const spanish = await goal(ana);
  const work = await challenge(ana, spanish.id);
  const room = await post("/api/v1/rooms", { kind: "public", name: "Corner" }, ana.token);
  ids = { goals: spanish.id, challenges: work.id, rooms: room.data.id, goalId: spanish.id, challengeId: work.id };
});

function exampleOf(operation: Json): Json {
  if (!takesJson({ operation })) return undefined;
  const { schema, example } = operation.requestBody.content["application/json"];
  const name = schema.$ref?.split("/").at(-1);
  return example ?? schema.example ?? document.components.schemas[name]?.example ?? {};
}

function takesJson({ operation }: Pick<Operation, "operation">): boolean {
  return operation.requestBody?.content["application/json"] !== undefined;
}

const isApi = ({ template }: Operation) => template.startsWith("/api/");
const needsUser = ({ operation: { security = [] } }: Operation) =>
  security.some(isPersonal) && security.every((alternative: Json) => Object.keys(alternative).length > 0);
/** Another scheme than a person's, such as a provider's signature, is looked at before anything else. */
const isPersonal = (alternative: Json) => "bearer" in alternative;
const isPeoples = (entry: Operation) => !entry.operation.security?.length || needsUser(entry);
const withBody = () => operations.filter(takesJson).filter(isPeoples);
/** Of somebody who may ask, so that what is asked is looked at. */
const entitled = ({ operation }: Operation) => (operation["x-permission"] ? root : ana).token;
const queryParams = ({ operation }: Operation): Json[] =>
  (operation.parameters ?? []).filter((parameter: Json) => parameter.in === "query");

/** The address with ids that exist where there are some, and whatever query it cannot do without. */
function addressOf(entry: Operation, fill?: string, query: Record<string, string> = {}): string {
  const kind = entry.template.split("/")[3] ?? "";
  const path = entry.template.replaceAll(/\{(\w+)\}/gu, (_, name: string) => {
    if (fill !== undefined) return fill;
    const parameter = entry.operation.parameters?.find((one: Json) => one.in === "path" && one.name === name);
    return ids[name] ?? (name === "id" ? ids[kind] : undefined) ?? String(parameter?.example ?? SOMEONE);
  });
  const required = queryParams(entry)
    .filter((parameter) => parameter.required)
    .map(({ name, example }) => [name, ids[name] ?? example]);
  const search = new URLSearchParams({ ...Object.fromEntries(required), ...query }).toString();
  return search ? `${path}?${search}` : path;
}

function bodyOf({ example }: Operation): Json {
  if (typeof example !== "object" || example === null) return example;
  return Object.fromEntries(Object.entries(example).map(([key, value]) => [key, ids[key] ?? value]));
}

/** What is wrong with an answer as an answer, whatever was asked; empty when nothing is. */
function faultsOf({ status, headers, body, code, roundTrips }: Answer, operation?: Json): string[] {
  const faults: string[] = [];
  if (status >= 500) faults.push(`${status}`);
  if (!headers.get("X-Request-Id")) faults.push("no X-Request-Id");
  if (roundTrips < 0) faults.push("no Server-Timing");
  if (headers.get("X-Content-Type-Options") !== "nosniff") faults.push("no security headers");
  if (status < 400) return faults;
  const known: Record<string, number> = ERRORS;
  const documented: string = operation?.responses[status]?.description ?? "";
  const fits = known[code ?? ""] === status || (code !== undefined && documented.split(", ").includes(code));
  if (operation?.responses[status]?.content?.["text/html"]) return faults;
  if (!fits) faults.push(`code ${code} does not go with ${status}`);
  const { success, error, meta } = body ?? {};
  if (success !== false || typeof error?.message !== "string" || !Date.parse(meta?.timestamp))
    faults.push(`no envelope: ${JSON.stringify(body).slice(0, 200)}`);
  if (meta?.requestId !== headers.get("X-Request-Id")) faults.push("another request id");
  if (operation && !operation.responses[status] && !operation.responses.default) faults.push(`${status} undocumented`);
  return faults;
}

/** Every row of every table, as one text. */
async function digest(): Promise<string> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name NOT LIKE 'd1_%'",
  ).all<{ name: string }>();
  const rows = await env.DB.batch(tables.results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`)));
  return JSON.stringify(rows.map(({ results }, i) => [tables.results[i]?.name, results]));
}

const quiet = () =>
  eventually(
    async () => (await env.DB.prepare("SELECT count(*) AS n FROM outbox").first<{ n: number }>())?.n,
    (n) => n === 0,
  );

/** Asks each of many requests, and tells everything that is wrong: with the answers, or with rows that a refusal changed. */
async function siege(
  requests: { entry: Operation; path: string; options: Options; wants?: (answer: Answer) => boolean; what: string }[],
): Promise<string[]> {
  await quiet();
  const found: string[] = [];
  let refusedAll = true;
  const before = await digest();
  for (const { entry, path, options, wants, what } of requests) {
    const answer = await call(entry.method, path, options);
    const faults = faultsOf(answer, entry.operation);
    if (wants && !wants(answer)) faults.push(`answered ${answer.status} ${answer.code}`);
    refusedAll &&= answer.status >= 400;
    found.push(...faults.map((fault) => `${entry.name} (${what}): ${fault}`));
  }
  expect(requests.length).toBeGreaterThan(0);
  if (refusedAll && (await digest()) !== before) found.push("a refused request changed rows");
  return found;
}

const is = (status: number, code: string) => (answer: Answer) => answer.status === status && answer.code === code;
const json = { "Content-Type": "application/json" };

test("the document names every operation's own and default failures", () => {
  expect(operations.length).toBeGreaterThan(30);
  const silent = operations.filter(isApi).filter(({ operation }) => !operation.responses.default);
  expect(silent.map(({ name }) => name)).toEqual([]);
  const ofUsers = operations.filter(needsUser).filter(({ operation }) => !operation.responses[401]);
  expect(ofUsers.map(({ name }) => name)).toEqual([]);
  const withoutExample = withBody().filter(({ example }) => example === undefined);
  expect(withoutExample.map(({ name }) => name)).toEqual([]);
});

test("malformed JSON", async () => {
  const texts = ["{", "nope", '{"a":}', "[1,", "\u0000", "{'a':1}"];
  const faults = await siege(
    withBody().flatMap((entry) =>
      texts.map((raw) => ({
        entry,
        path: addressOf(entry),
        options: { token: entitled(entry), raw, headers: json },
        wants: is(400, "MALFORMED_JSON"),
        what: raw,
      })),
    ),
  );
  expect(faults).toEqual([]);
});

test("JSON that is no object", async () => {
  const faults = await siege(
    withBody().flatMap((entry) =>
      ["null", "[]", '"text"', "42", "true"].map((raw) => ({
        entry,
        path: addressOf(entry),
        options: { token: entitled(entry), raw },
        wants: (answer: Answer) => answer.status === 400,
        what: raw,
      })),
    ),
  );
  expect(faults).toEqual([]);
});

test("a wrong content type", async () => {
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
  ];
  const faults = await siege(
    withBody().flatMap((entry) =>
      types.map((type) => ({
        entry,
        path: addressOf(entry),
        options: { token: entitled(entry), raw: JSON.stringify(bodyOf(entry)), headers: { "Content-Type": type } },
        wants: is(415, "UNSUPPORTED_MEDIA_TYPE"),
        what: type,
      })),
    ),
  );
  expect(faults).toEqual([]);
});

test("a body over 256 KiB, announced or streamed", async () => {
  const raw = JSON.stringify({ title: "x".repeat(300 * 1024) });
  const faults = await siege(
    withBody().map((entry) => ({
      entry,
      path: addressOf(entry),
      options: { token: entitled(entry), raw },
      wants: is(413, "PAYLOAD_TOO_LARGE"),
      what: "300 KiB",
    })),
  );
  expect(faults).toEqual([]);
  const headers = { ...json, Authorization: `Bearer ${ana.token}` };
  const stream = new Blob([raw]).stream();
  const response = await exports.default.fetch(
    new Request(`${ORIGIN}/api/v1/goals`, { method: "POST", headers, body: stream }),
  );
  expect(response.status).toBe(413);
});

test("a method the address does not know", async () => {
  const matches = (method: string, path: string) =>
    operations.some(
      (entry) =>
        entry.method === method && new RegExp(`^${entry.template.replaceAll(/\{\w+\}/gu, "[^/]+")}$`, "u").test(path),
    );
  const requests = operations.filter(isApi).flatMap((entry) => {
    const path = addressOf(entry).split("?")[0] ?? "";
    const others = METHODS.map((method) => method.toUpperCase()).filter((method) => !matches(method, path));
    return others.map((method) => ({
      entry: { ...entry, method },
      path,
      options: { token: ana.token },
      wants: (answer: Answer) =>
        is(405, "METHOD_NOT_ALLOWED")(answer) && (answer.headers.get("Allow") ?? "").split(", ").includes(entry.method),
      what: method,
    }));
  });
  expect(await siege(requests)).toEqual([]);
});

const GARBAGE = [
  "nope",
  "1",
  "__proto__",
  "constructor",
  "%00",
  "%ED%A0%80",
  "%",
  "..%2F..%2Fetc",
  "%F0%9F%92%A9",
  "x".repeat(3000),
  "%20",
  "a%22%27%3B--",
];

test("garbage in the place of an id", async () => {
  const faults = await siege(
    operations
      .filter((entry) => isApi(entry) && entry.template.includes("{"))
      .flatMap((entry) =>
        GARBAGE.map((fill) => ({
          entry,
          path: addressOf(entry, fill),
          options: { token: entitled(entry), ...(entry.example === undefined ? {} : { body: bodyOf(entry) }) },
          wants: ({ status }: Answer) => status === 400 || status === 404 || status === 405 || status === 426,
          what: fill.slice(0, 20),
        })),
      ),
  );
  expect(faults).toEqual([]);
});

test("no token, or one that is none", { timeout: SLOW }, async () => {
  const [head, payload, signature = ""] = ana.token.split(".");
  const b64 = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const forged = [
    undefined,
    "abc",
    "a.b.c",
    `${head}.${payload}.`,
    `${head}.${payload}.${signature.split("").toReversed().join("")}`,
    `${b64({ alg: "none" })}.${payload}.`,
    `${b64({ alg: "HS256", kid: "x", typ: "at+jwt" })}.${payload}.${signature}`,
    "é"
      .repeat(5000)
      .normalize("NFD")
      .replaceAll(/[^a-z]/gu, ""),
  ];
  const guarded = operations.filter(needsUser);
  expect(guarded.length).toBeGreaterThan(20);
  const faults = await siege(
    guarded.flatMap((entry) =>
      forged.map((token) => ({
        entry,
        path: addressOf(entry),
        options: { token, ...(entry.example === undefined ? {} : { body: bodyOf(entry) }) },
        wants: (answer: Answer) => is(401, "UNAUTHENTICATED")(answer) || answer.status === 426,
        what: `token ${token?.slice(0, 12)}`,
      })),
    ),
  );
  expect(faults).toEqual([]);
});

test("broken cursors, limits and pages", async () => {
  const lists = operations.filter((entry) => queryParams(entry).some(({ name }) => name === "cursor"));
  expect(lists.length).toBeGreaterThan(4);
  const cursors = ["x", "e30.e30", "..", "%%%", "\u0000", "💩.💩", "MDE5OQ.AAAAAAAAAAAAAAAAAAAAAA", "__proto__"];
  const numbers = [
    "0",
    "-1",
    "101",
    "1000000000",
    "99999999999999999999",
    "abc",
    "1.5",
    "1e1",
    "",
    " 5",
    "NaN",
    "\u0000",
  ];
  const requests = lists.flatMap((entry) =>
    [
      ...cursors.map((cursor) => ({ query: { cursor }, wants: is(400, "INVALID_CURSOR") })),
      { query: { cursor: "x".repeat(501) }, wants: ({ status }: Answer) => status === 400 },
      ...numbers.map((limit) => ({ query: { limit }, wants: is(400, "VALIDATION_ERROR") })),
      ...(queryParams(entry).some(({ name }) => name === "page")
        ? ["0", "-1", "9999", "abc"].map((number) => ({ query: { page: number }, wants: is(400, "VALIDATION_ERROR") }))
        : []),
    ].map(({ query, wants }) => ({
      entry,
      path: addressOf(entry, undefined, query),
      options: { token: entitled(entry) },
      wants,
      what: JSON.stringify(query).slice(0, 60),
    })),
  );
  expect(await siege(requests)).toEqual([]);
});

test("queries of strange text", async () => {
  const texts = ["%00", "%ED%A0%80", "__proto__", "%", "%25", "'%20OR%201=1--", "x".repeat(2000), "💩"];
  const requests = operations.flatMap((entry) =>
    queryParams(entry).flatMap(({ name }) =>
      texts.map((text) => {
        const [path, search = ""] = addressOf(entry).split("?");
        const others = search.split("&").filter((pair) => pair && !pair.startsWith(`${name}=`));
        return {
          entry,
          path: `${path}?${[...others, `${name}=${text}`].join("&")}`,
          options: { token: entitled(entry) },
          what: `${name}=${text.slice(0, 20)}`,
        };
      }),
    ),
  );
  expect(await siege(requests)).toEqual([]);
});

const NASTY: unknown[] = [
  "\u0000",
  "a\u0000b",
  "\uD800",
  "a\uDC00b",
  "__proto__",
  "",
  "x".repeat(6000),
  null,
  -1,
  1e308,
  0.5,
  [],
  {},
  [null],
  true,
];

/** The value with one of its leaves replaced, for each leaf. */
function* mutants(value: Json, nasty: unknown): Generator<Json> {
  if (typeof value !== "object" || value === null) {
    yield nasty;
    return;
  }
  for (const key of Object.keys(value))
    for (const child of mutants(value[key], nasty)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      copy[key] = child;
      yield copy;
    }
}

test("strange values in the place of each field", { timeout: SLOW }, async () => {
  const requests = withBody().flatMap((entry) =>
    NASTY.flatMap((nasty) =>
      [...mutants(bodyOf(entry), nasty)].map((body) => ({
        entry,
        path: addressOf(entry),
        options: { token: entitled(entry), body },
        what: JSON.stringify(body).slice(0, 200),
      })),
    ),
  );
  expect(requests.length).toBeGreaterThan(300);
  expect(await siege(requests)).toEqual([]);
});

test("keys that prototypes have, and deep nesting", async () => {
  const texts = [
    '{"__proto__":{"role":"admin","title":"x"},"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":null}',
    `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`,
    "[".repeat(20_000) + "]".repeat(20_000),
  ];
  const requests = withBody().flatMap((entry) =>
    texts.map((raw) => ({
      entry,
      path: addressOf(entry),
      options: { token: entitled(entry), raw },
      what: raw.slice(0, 20),
    })),
  );
  expect(await siege(requests)).toEqual([]);
  expect(({} as { role?: string }).role).toBeUndefined();
});

test("unknown addresses", async () => {
  for (const path of [
    "/nope",
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/nope",
    "/api/v2/goals",
    "/api/nope",
    "//api/v1/goals",
    "/api/v1/goals//",
    "/%",
    "/api/v1/%00",
    "/.env",
    "/wp-login.php",
    "/api/v1/goals/../../etc",
    "/__proto__",
    "/api/v1/constructor",
  ]) {
    const answer = await get(path, ana.token);
    expect({ path, status: answer.status, faults: faultsOf(answer) }).toEqual({ path, status: 404, faults: [] });
  }
  for (const method of METHODS) expect((await call(method.toUpperCase(), "/nope")).status).toBe(404);
});

test("no version means the current one, and a slash at the end means nothing", async () => {
  const id = ids["goals"];
  for (const path of [`/api/goals/${id}`, `/api/goals/${id}/`, `/api/v1/goals/${id}/`]) {
    const answer = await get(path, ana.token);
    expect([path, answer.status, answer.data?.id]).toEqual([path, 200, id]);
  }
  for (const path of ["/api/goals", "/api/goals/", "/api/v1/goals/", "/api/v1/goals?limit=1"])
    expect([path, (await get(path, ana.token)).status]).toEqual([path, 200]);
  expect((await get("/api/v10/goals", ana.token)).status).toBe(404);
});

test("HEAD is GET without the body", async () => {
  const head = (path: string, token: string) =>
    exports.default.fetch(
      new Request(`${ORIGIN}${path}`, { method: "HEAD", headers: { Authorization: `Bearer ${token}` } }),
    );
  for (const path of ["/api/v1/goals", `/api/v1/goals/${ids["goals"]}`, "/health/live", "/openapi.json"]) {
    const response = await head(path, ana.token);
    expect([path, response.status, await response.text()]).toEqual([path, 200, ""]);
    expect(response.headers.get("X-Request-Id")).toBeTruthy();
  }
  expect((await head("/api/v1/goals", "nope")).status).toBe(401);
});

test("OPTIONS says what an address answers to, and does nothing", async () => {
  for (const [path, allow] of [
    ["/api/v1/goals", "GET, POST, HEAD, OPTIONS"],
    ["/api/v1/auth/login", "POST, OPTIONS"],
  ] as const) {
    const answer = await call("OPTIONS", path);
    expect([path, answer.status, answer.headers.get("Allow")]).toEqual([path, 204, allow]);
  }
  expect((await call("OPTIONS", "/api/v1/nope")).status).toBe(404);
});

test("pages by number reach a thousand rows deep", async () => {
  const ask = async (query: string) => (await get(`/api/v1/goals?${query}`, ana.token)).status;
  expect(await ask("page=50")).toBe(200);
  expect(await ask("page=10&limit=100")).toBe(200);
  for (const query of ["page=51", "page=11&limit=100", "page=9999", "page=0", "page=x"])
    expect([query, await ask(query)]).toEqual([query, 400]);
});

test("text that is no Unicode is refused, not altered", async () => {
  for (const title of ["\uD800", "half a pair \uDC00"])
    expect((await post("/api/v1/goals", { title }, ana.token)).code).toBe("VALIDATION_ERROR");
  const whole = await post("/api/v1/goals", { title: "💩 whole" }, ana.token);
  expect((await get(`/api/v1/goals/${whole.data.id}`, ana.token)).data.title).toBe("💩 whole");
});

test("other origins: allowed ones may ask with credentials, others learn nothing", async () => {
  const allowed = "https://app.example.org";
  const ask = async (method: string, path: string, headers: Record<string, string>) => {
    const ctx = createExecutionContext();
    const bindings = { ...env, ALLOWED_ORIGINS: `${allowed},https://two.example.org` };
    const response = await app.fetch(new Request(`${ORIGIN}${path}`, { method, headers }), bindings, ctx);
    await waitOnExecutionContext(ctx);
    return response;
  };
  const preflight = {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization, if-match",
  };
  const yes = await ask("OPTIONS", "/api/v1/goals", { Origin: allowed, ...preflight });
  expect(yes.status).toBe(204);
  expect(yes.headers.get("Access-Control-Allow-Origin")).toBe(allowed);
  expect(yes.headers.get("Access-Control-Allow-Credentials")).toBe("true");
  expect(yes.headers.get("Access-Control-Allow-Methods")).toContain("PATCH");
  for (const name of [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-d1-bookmark",
    "x-request-id",
  ])
    expect(yes.headers.get("Access-Control-Allow-Headers")?.toLowerCase()).toContain(name);
  expect(yes.headers.get("X-Request-Id")).toBeTruthy();

  const own = await ask("OPTIONS", "/api/v1/goals", { Origin: ORIGIN, ...preflight });
  expect(own.headers.get("Access-Control-Allow-Origin")).toBe(ORIGIN);

  const no = await ask("OPTIONS", "/api/v1/goals", { Origin: "https://evil.example.org", ...preflight });
  expect(no.headers.get("Access-Control-Allow-Origin")).toBeNull();
  for (const origin of ["null", `${allowed}.evil.org`, "http://app.example.org", `${allowed}:8443`])
    expect(
      (await ask("GET", "/api/v1/goals", { Origin: origin })).headers.get("Access-Control-Allow-Origin"),
    ).toBeNull();

  const refused = await ask("GET", "/api/v1/goals", { Origin: allowed });
  expect(refused.status).toBe(401);
  expect(refused.headers.get("WWW-Authenticate")).toBe("Bearer");
  expect(refused.headers.get("Access-Control-Allow-Origin")).toBe(allowed);
  expect(refused.headers.get("Access-Control-Expose-Headers")?.toLowerCase()).toContain("x-d1-bookmark");
  expect(refused.headers.get("Vary")).toContain("Origin");
});

test("a cookie does not act for a foreign page", async () => {
  const Cookie = `__Host-guildhall_access=${ana.token}`;
  const before = await digest();
  for (const headers of [
    { Origin: "https://evil.example.org" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
  ] as Record<string, string>[]) {
    const answer = await post("/api/v1/goals", { title: "Stolen" }, undefined, { headers: { Cookie, ...headers } });
    expect([answer.status, answer.code, faultsOf(answer)]).toEqual([403, "CSRF_REJECTED", []]);
  }
  expect(await digest()).toBe(before);
  const own = await post("/api/v1/goals", { title: "Mine" }, undefined, { headers: { Cookie, Origin: ORIGIN } });
  expect(own.status).toBe(201);
  expect(
    (await get("/api/v1/users/me", undefined, { headers: { Cookie, Origin: "https://evil.example.org" } })).status,
  ).toBe(200);
});

test("request ids: a good one is kept, a bad one replaced", async () => {
  const kept = await get("/api/v1/users/me", ana.token, { headers: { "X-Request-Id": "client-0001.abc:def" } });
  expect(kept.headers.get("X-Request-Id")).toBe("client-0001.abc:def");
  expect(kept.body.meta.requestId).toBe("client-0001.abc:def");
  for (const bad of ["short", "x".repeat(129), "with spaces in it", "a'b\"c;d<e>"]) {
    const { headers } = await get("/health/live", undefined, { headers: { "X-Request-Id": bad } });
    expect(headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/u);
  }
});
