import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import type { Schemas } from "../../src/http/openapi-examples.ts";
import { newId } from "../../src/platform/ids.ts";
import { arbitraryOf, brokenOf } from "../helpers/arbitraries.ts";
import type { Answer, Options } from "../helpers/client.ts";
import { call, eventually, post } from "../helpers/client.ts";
import { brokenPromises } from "../helpers/contract.ts";
import { digest } from "../helpers/digest.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";
import type { Entry } from "../helpers/operations.ts";
import { addressOf, isPeoples, readOperations } from "../helpers/operations.ts";

/** Another one generates other requests; a failure tells the request itself. */
const SEED = 20_261_121;
const WANTED = 5_000;
const VALID = 2;
/** So many of each operation as each role that together they are enough. */
const broken = () => Math.ceil(WANTED / (operations.length * ROLES.length)) - VALID + 1;
const ROLES = ["anonymous", "student", "teacher", "admin"] as const;
type Role = (typeof ROLES)[number];

/** They hash a password each time, so they are asked less often. */
const SLOW = /\/auth\/(?:register|login|password|email)|\/users\/me$/u;

let operations: Entry[];
let schemas: Schemas;
let people: Record<Exclude<Role, "anonymous">, Learner>;
let ids: string[];
const asked = { requests: 0, refused: 0, granted: 0 };

beforeAll(async () => {
  ({ operations, schemas } = await readOperations());
  operations = operations.filter(isPeoples);
  const [student, teacher, admin, victim] = await Promise.all([learner(), learner(), learner(), learner()]);
  people = { student, teacher, admin };
  await env.DB.batch(
    (["teacher", "admin"] as const).map((role) =>
      env.DB.prepare("UPDATE users SET role = ? WHERE id = ?").bind(role, people[role].id),
    ),
  );
  const spanish = await goal(student, { visibility: "public" });
  const work = await challenge(student, spanish.id);
  const room = await post("/api/v1/rooms", { kind: "public", name: "Corner" }, student.token);
  const said = await post(`/api/v1/rooms/${room.data.id}/messages`, { body: "Hi", clientId: "one" }, student.token);
  const handedIn = await post(
    "/api/v1/submissions",
    { challengeId: work.id, content: { text: "a b c d" } },
    student.token,
  );
  ids = [spanish.id, work.id, room.data.id, said.data.id, handedIn.data.id, victim.id];
});

/** A session of its own each time: what ends one, or an account, ends nothing for the next request. */
async function tokenOf(role: Role): Promise<string | undefined> {
  if (role === "anonymous") return undefined;
  const { id, username, email } = people[role];
  const { tokens } = createContext(env, { waitUntil: () => undefined });
  return await tokens.issue({ id, username, email, role, mustChangePassword: false }, newId(), newId());
}

interface Asked {
  path: string;
  options: Options;
}

/** Requests for an operation: all parts as the document wants them, or any of them not. */
function requests(entry: Entry, isValid: boolean): fc.Arbitrary<Asked> {
  const { parameters = [], requestBody } = entry.operation;
  const part = (schema: object) =>
    isValid ? generated(schema) : fc.oneof(generated(schema), brokenOf(generated(schema)));
  const within = (place: string) => {
    const own = parameters.filter((parameter) => parameter.in === place);
    const arbitraries = own.map(({ name, schema = {} }) => [name, part(schema).map(asText)] as const);
    const requiredKeys = own
      .filter(({ required }) => required && (isValid || place === "path"))
      .map(({ name }) => name);
    return fc.record(Object.fromEntries(arbitraries), { requiredKeys }) as fc.Arbitrary<Record<string, string>>;
  };
  const json = requestBody?.content["application/json"]?.schema;
  const form = requestBody?.content["application/x-www-form-urlencoded"]?.schema;
  const body = part(json ?? form ?? {});
  return fc.record({ params: within("path"), query: within("query"), body }).map(({ params, query, body }) => ({
    path: addressOf(entry, { params, query }),
    options: json ? { body } : form ? { raw: asForm(body), headers: FORM } : {},
  }));
}

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
const generated = (schema: object) => arbitraryOf(schema, schemas, ids);
const asText = (value: unknown): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).toWellFormed().slice(0, 3000);
const asForm = (body: unknown): string =>
  new URLSearchParams(Object.entries(Object(body) as object).map(([key, value]) => [key, asText(value)])).toString();

const isRefused = ({ status }: Answer) => status >= 400;

/** What queues still do would be taken for the doing of the next request. */
const quiet = () =>
  eventually(
    async () => await env.DB.prepare("SELECT count(*) AS n FROM outbox WHERE dead_at IS NULL").first<number>("n"),
    (waiting) => waiting === 0,
  );

let rows = "";

/** Asks one after the other, and tells everything that is wrong with the answers, or with what a refusal did. */
async function besiege(entry: Entry, list: readonly (Asked & { role: Role })[]): Promise<string[]> {
  const faults: string[] = [];
  const refused: string[] = [];
  for (const { role, path, options } of list) {
    const answer = await call(entry.method, path, { ...options, token: await tokenOf(role) });
    asked.requests += 1;
    const what = `${role}: ${entry.method} ${path.slice(0, 300)} ${options.raw ?? JSON.stringify(options.body)?.slice(0, 500)}`;
    if (answer.status >= 500) faults.push(`${what} → ${answer.status} ${answer.code}`);
    if (isRefused(answer)) {
      asked.refused += 1;
      refused.push(what);
      continue;
    }
    asked.granted += 1;
    refused.length = 0;
    await quiet();
    rows = await digest();
  }
  if (refused.length > 0) {
    const now = await digest();
    if (now !== rows)
      faults.push(`one of these was refused and changed rows: ${refused.join("\n")}\n${difference(rows, now)}`);
    rows = now;
  }
  return [...faults, ...(await brokenPromises()).map((fault) => `${fault} (as ${list[0]?.role})`)];
}

const difference = (before: string, after: string): string => {
  const known = new Set(before.split("\n"));
  return after
    .split("\n")
    .filter((line) => !known.has(line))
    .slice(0, 5)
    .join("\n");
};

/** What no role may get wrong: the same requests as each of them. */
function* batches(entry: Entry, isValid: boolean, count: number): Generator<(Asked & { role: Role })[]> {
  const numRuns = SLOW.test(entry.path) ? Math.min(count, 3) : count;
  const list = fc.sample(requests(entry, isValid), { seed: SEED, numRuns });
  const ofAll = ROLES.map((role) => list.map((asked) => ({ ...asked, role })));
  if (entry.method === "GET") yield ofAll.flat();
  else if (isValid) yield* ofAll.flat().map((one) => [one]);
  else yield* ofAll;
}

async function all(isValid: boolean, count: number): Promise<string[]> {
  const faults: string[] = [];
  // An admin of the requests before may have switched a model off, which is a documented 503.
  await env.DB.exec("DELETE FROM ai_switches");
  await quiet();
  rows = await digest();
  for (const entry of operations)
    for (const batch of batches(entry, isValid, count)) faults.push(...(await besiege(entry, batch)));
  return [...new Set(faults)];
}

const LONG = 400_000;

test("broken requests to every operation as each role", { timeout: LONG }, async () => {
  expect(await all(false, broken())).toEqual([]);
});

test("requests as the document wants them to every operation as each role", { timeout: LONG }, async () => {
  expect(await all(true, VALID)).toEqual([]);
});

test("were enough of both kinds", () => {
  expect(asked.requests).toBeGreaterThan(WANTED);
  expect(asked.granted).toBeGreaterThan(300);
  expect(asked.refused).toBeGreaterThan(3_000);
});
