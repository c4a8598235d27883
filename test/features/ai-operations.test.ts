import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { call, eventually, get, post } from "../helpers/client.ts";
import { challenge, goal, type Learner, learner, staff } from "../helpers/factories.ts";
import { ask, callsOf, modelThat, withModel } from "../helpers/model.ts";

const TEMPLATES = "/api/v1/ai/templates";
const write = (name: string, body: unknown, who: Learner) =>
  call("PUT", `${TEMPLATES}/${name}`, { token: who.token, body });
const activate = (name: string, version: number, who: Learner) =>
  post(`${TEMPLATES}/${name}/versions/${version}/activate`, undefined, who.token);
const EXPLAIN = { system: "Explain briefly.", user: "Concept: {{concept}}\nLevel: {{level}}" };

describe("prompt templates", () => {
  test("begin with the built-in version, grow by a version each PUT, and change when one is activated", async () => {
    const admin = await staff("admin");
    const builtIn = await get(`${TEMPLATES}/explain-concept`, admin.token);
    expect(builtIn).toMatchObject({ status: 200, data: { version: 1, active: true, createdAt: null } });
    expect(builtIn.data.variables).toContain("concept");

    const written = await write("explain-concept", EXPLAIN, admin);
    expect(written).toMatchObject({
      status: 200,
      data: { ...EXPLAIN, version: 2, active: false, variables: ["concept", "level"] },
    });
    expect((await get(`${TEMPLATES}/explain-concept`, admin.token)).data.version).toBe(1);
    const both = await Promise.all([1, 2].map(() => write("explain-concept", EXPLAIN, admin)));
    expect(both.map(({ data }) => data.version).sort()).toEqual([3, 4]);

    expect(await activate("explain-concept", 3, admin)).toMatchObject({
      status: 200,
      data: { version: 3, active: true },
    });
    expect(await activate("explain-concept", 2, admin)).toMatchObject({
      status: 200,
      data: { version: 2, active: true },
    });
    const versions = await get(`${TEMPLATES}/explain-concept/versions`, admin.token);
    const standing = versions.data.map((one: { version: number; active: boolean }) => [one.version, one.active]);
    expect(standing).toEqual([
      [4, false],
      [3, false],
      [2, true],
      [1, false],
    ]);

    const model = modelThat("ok");
    const reader = await learner();
    const question = { body: JSON.stringify({ concept: "tides" }) };
    await (await ask(withModel(model), "/api/v1/ai/explain", reader.token, question)).response.text();
    const [asked] = await callsOf(model);
    expect(asked?.body.messages[0]).toEqual({ role: "system", content: "Explain briefly." });
    expect(asked?.body.messages[1]?.content).toMatch(/^Concept: <<<DATA concept \S+\ntides\nDATA /);

    expect(await activate("explain-concept", 1, admin)).toMatchObject({ data: { version: 1, active: true } });
    const other = await ask(withModel(model), "/api/v1/ai/explain", reader.token, question);
    expect(await other.response.json()).toMatchObject({ data: { cached: false } });
    expect(await activate("explain-concept", 9, admin)).toMatchObject({ status: 404, code: "NOT_FOUND" });
    const audit = await env.DB.prepare("SELECT action, details FROM audit_log WHERE actor_id = ? ORDER BY id")
      .bind(admin.id)
      .all();
    expect(audit.results.filter(({ action }) => action === "template.activated").map(({ details }) => details)).toEqual(
      ['{"version":3}', '{"version":2}', '{"version":1}'],
    );
  });

  test.each([
    ["an unknown variable", { ...EXPLAIN, user: "{{concept}} {{password}}" }, "unknown_variable"],
    ["no required variable", { ...EXPLAIN, user: "Level: {{level}}" }, "missing_variable"],
    ["data in the system prompt", { system: "About {{concept}}", user: "{{concept}}" }, "custom"],
    ["a declared one that is not used", { ...EXPLAIN, variables: ["concept", "level", "context"] }, "custom"],
    ["one that is not declared", { ...EXPLAIN, variables: ["concept"] }, "custom"],
  ])("with %s are refused", async (_, body, code) => {
    const admin = await staff("admin");
    const answer = await write("explain-concept", body, admin);
    expect(answer).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
    expect(answer.body.error.details.map((issue: { code: string }) => issue.code)).toContain(code);
  });

  test("are for admins only", async () => {
    for (const who of [await learner(), await staff("teacher")]) {
      expect(await get(`${TEMPLATES}/explain-concept`, who.token)).toMatchObject({ status: 403, code: "FORBIDDEN" });
      expect(await write("explain-concept", EXPLAIN, who)).toMatchObject({ status: 403 });
      expect(await get(`${TEMPLATES}/explain-concept/versions`, who.token)).toMatchObject({ status: 403 });
      expect(await activate("explain-concept", 1, who)).toMatchObject({ status: 403 });
      expect(await get("/api/v1/ai/switches", who.token)).toMatchObject({ status: 403 });
    }
    expect(await get(`${TEMPLATES}/explain-concept`)).toMatchObject({ status: 401 });
  });

  test("that there are none of are not there", async () => {
    const admin = await staff("admin");
    for (const path of ["templates/nope", "templates/nope/versions"])
      expect([path, (await get(`/api/v1/ai/${path}`, admin.token)).code]).toEqual([path, "NOT_FOUND"]);
    expect(await activate("explain-concept", 99, admin)).toMatchObject({ status: 404 });
    const answer = await call("PUT", "/api/v1/ai/switches/nope", { token: admin.token, body: { enabled: false } });
    expect([answer.status, answer.code]).toEqual([404, "NOT_FOUND"]);
  });

  test("show how often readers found their results wrong", async () => {
    const [author, admin] = [await learner(), await staff("admin")];
    const { id: goalId } = await goal(author);
    for (const helpful of [true, false, false]) {
      const { id: challengeId } = await challenge(author, goalId);
      const work = { challengeId, content: { text: "Me llamo Ana, y vivo en Sevilla con mi gato." } };
      const { data } = await post("/api/v1/submissions", work, author.token);
      const path = `/api/v1/ai/jobs/${data.feedbackJobId}`;
      await eventually(
        () => get(path, author.token),
        (answer) => answer.data.status === "succeeded",
      );
      await call("PUT", `${path}/rating`, { token: author.token, body: { helpful } });
    }
    const { data } = await get(`${TEMPLATES}/submission-feedback/versions`, admin.token);
    expect(data.at(-1)).toMatchObject({ version: 1, ratings: { helpful: 1, wrong: 2, wrongRate: 0.67 } });
  });
});

describe("a switch", () => {
  const turn = (feature: string, enabled: boolean, who: Learner) =>
    call("PUT", `/api/v1/ai/switches/${feature}`, { token: who.token, body: { enabled, reason: "provider is down" } });

  test("closes a feature at once, fails what waits, and gives its quota back", async () => {
    const [author, admin] = [await learner(), await staff("admin")];
    const { id: goalId } = await goal(author);
    const { id: challengeId } = await challenge(author, goalId);
    expect(await turn("feedback", false, admin)).toMatchObject({ status: 200, data: { enabled: false } });
    expect((await get("/api/v1/ai/switches", admin.token)).data).toMatchObject([
      { feature: "feedback", enabled: false, reason: "provider is down" },
      { feature: "generate", enabled: true },
      { feature: "explain", enabled: true },
    ]);
    const work = { challengeId, content: { text: "Me llamo Ana, y vivo en Sevilla." } };
    const { data } = await post("/api/v1/submissions", work, author.token);
    const refused = await post("/api/v1/ai/feedback", { submissionId: data.id }, author.token);
    expect(refused).toMatchObject({ status: 503, code: "UNAVAILABLE" });
    expect(refused.headers.get("Retry-After")).toBe("300");
    const path = `/api/v1/ai/jobs/${data.feedbackJobId}`;
    const failed = await eventually(
      () => get(path, author.token),
      (answer) => answer.data.status === "failed",
    );
    expect(failed.data.error).toBe("This AI feature is switched off.");
    expect((await get("/api/v1/ai/usage", author.token)).data.jobs.used).toBe(0);

    await turn("feedback", true, admin);
    await post(`${path}/retry`, undefined, author.token);
    await eventually(
      () => get(path, author.token),
      (answer) => answer.data.status === "succeeded",
    );
  });

  test("of the configuration cannot be overruled", async () => {
    const [reader, admin] = [await learner(), await staff("admin")];
    await turn("explain", true, admin);
    const off = withModel(modelThat("ok"), { AI_DISABLED: "explain, generate" });
    const { response } = await ask(off, "/api/v1/ai/explain", reader.token, { body: '{"concept":"x"}' });
    expect(response.status).toBe(503);
    const { id: goalId } = await goal(reader);
    const generate = await ask(off, "/api/v1/ai/generate-challenges", reader.token, {
      body: JSON.stringify({ goalId, count: 1 }),
    });
    expect(generate.response.status).toBe(503);
  });
});

describe("the AI calls of one person", () => {
  test("are limited by the minute, and nobody else's are", async () => {
    const [eager, calm] = [await learner(), await learner()];
    const limited = withModel(modelThat("ok"), { RATE_LIMITS: "on" });
    const call = async (who: Learner) =>
      (await ask(limited, "/api/v1/ai/explain", who.token, { body: "{}" })).response.status;
    // Two minutes may meet here, so twice the limit and one more.
    const statuses = await Promise.all(Array.from({ length: 121 }, () => call(eager)));
    expect(new Set(statuses)).toEqual(new Set([400, 429]));
    expect(await call(calm)).toBe(400);
  });
});

describe("the document", () => {
  test("shows every AI operation with examples, its failures and both answers of explain", async () => {
    const { paths, components } = (await get("/openapi.json")).body;
    const operations = Object.entries(paths as Record<string, Record<string, Operation>>)
      .filter(([path]) => path.startsWith("/api/v1/ai/"))
      .flatMap(([, methods]) => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual([
      "acceptProposals",
      "activateTemplateVersion",
      "explainConcept",
      "generateChallenges",
      "getAiJob",
      "getAiUsage",
      "getTemplate",
      "listAiSwitches",
      "listTemplateVersions",
      "putTemplate",
      "rateAiJob",
      "requestFeedback",
      "retryAiJob",
      "setAiSwitch",
    ]);
    for (const { requestBody, responses } of operations) {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(["401", "429", "503", "default"]));
      const name = requestBody?.content["application/json"]?.schema.$ref.split("/").at(-1) ?? "Explain";
      expect(components.schemas[name].example).toBeDefined();
    }
    const explain = operations.find(({ operationId }) => operationId === "explainConcept");
    expect(Object.keys(explain?.responses["200"]?.content ?? {})).toEqual(["application/json", "text/event-stream"]);
  });
});

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: { $ref: string } }> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}
