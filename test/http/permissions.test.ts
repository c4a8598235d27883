import { env } from "cloudflare:workers";
import { SignJWT, importJWK } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { createContext } from "../../src/context.ts";
import { configOf } from "../../src/platform/config.ts";
import { newId } from "../../src/platform/ids.ts";
import type { Permission, Role } from "../../src/platform/permissions.ts";
import { PERMISSIONS, permissionsOf } from "../../src/platform/permissions.ts";
import type { Answer } from "../helpers/client.ts";
import { call, get } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner } from "../helpers/factories.ts";

/** What the document says of an operation, as far as it says who may call it. */
interface Operation {
  operationId?: string;
  security?: Record<string, string[]>[];
  "x-permission"?: Permission;
  responses: Record<string, { description?: string }>;
}

interface Entry {
  method: string;
  path: string;
  operation: Operation;
}

const ROLES = Object.keys(PERMISSIONS) as Role[];
const METHODS = ["get", "post", "put", "patch", "delete"];
/** Ways to be signed in as a person; another scheme guards something else, such as the metrics. */
const PERSONAL = ["bearer", "cookie"];

let people: Record<Role, Learner>;
let operations: Entry[];

beforeAll(async () => {
  const { body } = await get("/openapi.json");
  operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const made = await Promise.all(ROLES.map(async (role) => [role, await learner()] as const));
  people = Object.fromEntries(made) as Record<Role, Learner>;
  for (const [role, { id }] of made)
    await env.DB.prepare("UPDATE users SET role = ? WHERE id = ?").bind(role, id).run();
});

/** A token of a session of its own, so that one operation that ends a session ends nothing for the others. */
const tokenOf = (role: Role): Promise<string> => {
  const { id, username, email } = people[role];
  const { tokens } = createContext(env, { waitUntil: () => undefined });
  return tokens.issue({ id, username, email, role, mustChangePassword: false }, newId(), newId());
};

/** What our key signs, with some claims other than they should be. */
async function forged(claims: { audience?: string; issuer?: string; expires?: string; typ?: string }): Promise<string> {
  const { JWT_KEYS, JWT_AUDIENCE, JWT_ISSUER } = configOf(env);
  const [key] = JWT_KEYS.keys;
  if (!key) throw new Error("no key");
  const { id, username } = people.superadmin;
  return await new SignJWT({ sid: newId(), username, roles: ["superadmin"], typ: "access" })
    .setProtectedHeader({ alg: "EdDSA", kid: key.kid, typ: claims.typ ?? "at+jwt" })
    .setSubject(id)
    .setIssuer(claims.issuer ?? JWT_ISSUER)
    .setAudience(claims.audience ?? JWT_AUDIENCE)
    .setJti(newId())
    .setIssuedAt(Math.floor(Date.now() / 1000) - 3600)
    .setExpirationTime(claims.expires ?? "10m")
    .sign(await importJWK({ ...key, d: key.d ?? "" }, "EdDSA"));
}

async function revoked(): Promise<string> {
  const sessionId = newId();
  const { id, username, email } = people.superadmin;
  const { tokens, denyList } = createContext(env, { waitUntil: () => undefined });
  const subject = { id, username, email, role: "superadmin", mustChangePassword: false } as const;
  const token = await tokens.issue(subject, sessionId, newId());
  await denyList.denySession(sessionId);
  return token;
}

/** Ids that nobody has, and a body that fits nothing: who may call must be settled before what is asked is looked at. */
const ask = ({ method, path }: Entry, token?: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call(method, path.replaceAll(/\{\w+\}/gu, crypto.randomUUID()), {
    token,
    headers,
    ...(method === "GET" || method === "DELETE" ? {} : { body: {} }),
  });

const nameOf = ({ method, path }: Entry) => `${method} ${path}`;
const isPersonal = (alternative: Record<string, string[]>) =>
  Object.keys(alternative).some((scheme) => PERSONAL.includes(scheme));
const needsSomebody = ({ operation: { security = [] } }: Entry) => security.length > 0 && security.every(isPersonal);
const lacksPermission = ({ status, code, body }: Answer) =>
  status === 403 && code === "FORBIDDEN" && body.error.details?.permission !== undefined;

/** A socket is refused before it is opened, but only who wants one is asked who they are. */
const upgrade = ({ operation }: Entry): Record<string, string> =>
  operation.responses["426"] ? { Upgrade: "websocket" } : {};

/** Runs one question for each operation and returns the answers that are not right, by name. */
async function wrong(
  entries: readonly Entry[],
  token: (() => Promise<string>) | undefined,
  isRight: (answer: Answer, entry: Entry) => boolean,
  headers: (entry: Entry) => Record<string, string> = () => ({}),
): Promise<string[]> {
  const faults: string[] = [];
  for (const entry of entries) {
    const answer = await ask(entry, await token?.(), headers(entry));
    if (!isRight(answer, entry)) faults.push(`${nameOf(entry)} → ${answer.status} ${answer.code ?? ""}`);
  }
  return faults;
}

describe("every operation of the document", () => {
  it("has an id of its own, and says who may call it", () => {
    const ids = operations.map(({ operation }) => operation.operationId ?? "");
    expect(ids.filter((id, index) => id === "" || ids.indexOf(id) !== index)).toEqual([]);
    expect(operations.length).toBeGreaterThan(50);
    const unsaid = operations.filter((entry) => entry.operation["x-permission"] !== undefined && !needsSomebody(entry));
    expect(unsaid.map(nameOf)).toEqual([]);
    const admin = operations.filter(({ path }) => path.startsWith("/api/v1/admin/"));
    expect(admin.filter(({ operation }) => operation["x-permission"] === undefined).map(nameOf)).toEqual([]);
  });

  it("that needs somebody documents the refusals", () => {
    const undocumented = operations
      .filter(needsSomebody)
      .filter(({ operation }) => !operation.responses["401"]?.description?.includes("TOKEN_REVOKED"));
    expect(undocumented.map(nameOf)).toEqual([]);
    const silent = operations
      .filter(({ operation }) => operation["x-permission"] !== undefined)
      .filter(({ operation }) => !operation.responses["403"]?.description?.includes("FORBIDDEN"));
    expect(silent.map(nameOf)).toEqual([]);
  });

  it.each<[string, (() => Promise<string>) | undefined, string]>([
    ["no token", undefined, "UNAUTHENTICATED"],
    ["an expired one", () => forged({ expires: "-1m" }), "TOKEN_EXPIRED"],
    ["one of a revoked session", revoked, "TOKEN_REVOKED"],
    ["one for another audience", () => forged({ audience: "elsewhere" }), "UNAUTHENTICATED"],
    ["one of another issuer", () => forged({ issuer: "elsewhere" }), "UNAUTHENTICATED"],
    ["one of another kind", () => forged({ typ: "JWT" }), "UNAUTHENTICATED"],
    ["something else", () => Promise.resolve("a.b.c"), "UNAUTHENTICATED"],
  ])("that needs somebody refuses %s before it looks at anything", async (_, token, code) => {
    const faults = await wrong(
      operations.filter(needsSomebody),
      token,
      (answer) => answer.status === 401 && answer.code === code && answer.roundTrips === 0,
      upgrade,
    );
    expect(faults).toEqual([]);
  });

  it("that is open to anybody asks nobody to sign in, unless it says so", async () => {
    const faults = await wrong(
      operations.filter((entry) => !needsSomebody(entry)),
      undefined,
      ({ status, code }, { operation }) =>
        (status !== 401 && status !== 403) ||
        (operation.responses[String(status)]?.description ?? "").includes(code ?? "?"),
    );
    expect(faults).toEqual([]);
  });

  it.each(ROLES)("lets a %s do exactly what the role's permissions allow", async (role) => {
    const faults = await wrong(
      operations.filter(needsSomebody),
      () => tokenOf(role),
      (answer, { operation }) => {
        const permission = operation["x-permission"];
        const allowed = permission === undefined || permissionsOf(role).includes(permission);
        if (answer.status === 401 && answer.code !== "TOKEN_REVOKED") return false;
        return allowed
          ? !lacksPermission(answer)
          : lacksPermission(answer) && answer.body.error.details.permission === permission && answer.roundTrips === 0;
      },
    );
    expect(faults).toEqual([]);
  });
});
