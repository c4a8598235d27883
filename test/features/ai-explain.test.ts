import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { eventually, get, post } from "../helpers/client.ts";
import { type Learner, learner } from "../helpers/factories.ts";
import { ask, callsOf, eventsIn, modelThat, withModel } from "../helpers/model.ts";

const PATH = "/api/v1/ai/explain";
const EVENTS = { Accept: "text/event-stream" };
const used = async (who: Learner): Promise<number> => (await get("/api/v1/ai/usage", who.token)).data.explanations.used;
const asking = (concept: string, headers: Record<string, string> = {}) => ({
  body: JSON.stringify({ concept, level: "beginner" }),
  headers,
});
const recorded = async (who: Learner) =>
  (
    await env.DB.prepare(
      "SELECT outcome, input_tokens, output_tokens, cost_micros, model FROM ai_calls WHERE user_id = ? ORDER BY id",
    )
      .bind(who.id)
      .all()
  ).results;

describe("an explanation without a model", () => {
  test("says what it is, and is free the second time", async () => {
    const reader = await learner();
    const question = { concept: "photosynthesis", context: "Plants eat light. Photosynthesis makes sugar from light." };
    const first = await post(PATH, question, reader.token);
    expect(first).toMatchObject({ status: 200, data: { cached: false, provider: "offline", model: "coach-1" } });
    expect(first.data.explanation).toContain("No language model is connected");
    expect(first.data.examples).toEqual(["Photosynthesis makes sugar from light."]);
    const again = await eventually(
      () => post(PATH, question, reader.token),
      ({ data }) => data.cached === true,
    );
    expect(again.data).toEqual({ ...first.data, cached: true });
    const spent = await used(reader);
    expect((await post(PATH, question, reader.token)).data.cached).toBe(true);
    expect(await used(reader)).toBe(spent);
    expect((await post(PATH, { ...question, level: "expert" }, reader.token)).data.cached).toBe(false);
  });

  test("streams too", async () => {
    const reader = await learner();
    const { headers, body } = await post(PATH, { concept: "osmosis" }, reader.token, { headers: EVENTS });
    expect(headers.get("Content-Type")).toContain("text/event-stream");
    const events = eventsIn(body as string);
    const text = events.flatMap(({ event, data }) => (event === "delta" ? data["text"] : [])).join("");
    expect(events.at(-1)).toMatchObject({ event: "done", data: { cached: false, explanation: text } });
    expect(events.length).toBeGreaterThan(10);
  });

  test("wants somebody signed in and a concept", async () => {
    expect(await post(PATH, { concept: "x" })).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    const reader = await learner();
    expect(await post(PATH, { concept: " " }, reader.token)).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
    expect(await post(PATH, { concept: "x", language: "<b>" }, reader.token)).toMatchObject({ status: 400 });
    expect(await used(reader)).toBe(0);
  });
});

describe("an explanation by a model", () => {
  test("goes on with the caller's trace", async () => {
    const reader = await learner();
    const model = modelThat("ok");
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const { response, settled } = await ask(withModel(model), PATH, reader.token, asking("osmosis", { traceparent }));
    await settled();
    expect(response.status).toBe(200);
    const [call] = await callsOf(model);
    expect(call?.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/u);
  });
});

describe("the quota of explanations", () => {
  test("is exact under parallel requests, and told with the seconds to midnight", async () => {
    const reader = await learner();
    const model = withModel(modelThat("ok"), { AI_DAILY_EXPLANATIONS: "5" });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => ask(model, PATH, reader.token, asking(`concept ${i}`))),
    );
    const statuses = answers.map(({ response }) => response.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
    expect(await used(reader)).toBe(5);
    const refused = answers.find(({ response }) => response.status === 429)?.response;
    expect(await refused?.json()).toMatchObject({ error: { code: "QUOTA_EXCEEDED", details: { limit: 5 } } });
    const wait = Number(refused?.headers.get("Retry-After"));
    expect(wait > 0 && wait <= 86_400).toBe(true);
    await Promise.all(answers.map(({ settled }) => settled()));
    const { response } = await ask(model, PATH, reader.token, asking("concept 0"));
    expect(await response.json()).toMatchObject(
      response.status === 200 ? { data: { cached: true } } : { error: { code: "QUOTA_EXCEEDED" } },
    );
  });

  test("a refusal for now is not kept for the key that came too early", async () => {
    const reader = await learner();
    const name = modelThat("ok");
    const question = asking("osmosis", { "Idempotency-Key": crypto.randomUUID() });
    const askWith = async (quota: string) => {
      const { response, settled } = await ask(
        withModel(name, { AI_DAILY_EXPLANATIONS: quota }),
        PATH,
        reader.token,
        question,
      );
      await settled();
      return [response.status, response.headers.get("Idempotency-Replayed")];
    };
    expect(await askWith("0")).toEqual([429, null]);
    expect(await askWith("5")).toEqual([200, null]);
    expect(await askWith("5")).toEqual([200, "true"]);
  });

  test.each([
    ["busy", 503, "70"],
    ["broken", 503, "5"],
    ["refused", 503, "5"],
    ["garbled", 503, "5"],
    ["shapeless", 503, "5"],
    ["cut", 503, "5"],
  ])("costs nothing when the provider is %s", async (behaviour, status, retryAfter) => {
    const reader = await learner();
    const model = modelThat(behaviour);
    const { response } = await ask(withModel(model), PATH, reader.token, asking("entropy"));
    expect(response.status).toBe(status);
    expect(response.headers.get("Retry-After")).toBe(retryAfter);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: "UNAVAILABLE" } });
    expect(text).not.toContain("sk-");
    expect(await used(reader)).toBe(0);
    expect(await callsOf(model)).toHaveLength(behaviour === "garbled" || behaviour === "shapeless" ? 2 : 1);
  });

  test("is given back to whoever leaves before the answer, and the model is stopped", async () => {
    const reader = await learner();
    const model = modelThat("late");
    const leaving = new AbortController();
    const asked = ask(withModel(model), PATH, reader.token, { ...asking("patience"), signal: leaving.signal });
    await eventually(
      () => callsOf(model),
      (calls) => calls.length === 1,
    );
    expect(await used(reader)).toBe(1);
    leaving.abort();
    const { settled } = await asked;
    await settled();
    expect(await used(reader)).toBe(0);
    expect(await recorded(reader)).toMatchObject([{ outcome: "CANCELLED" }]);
    await eventually(
      () => callsOf(model),
      ([call]) => call?.left === true,
    );
  });

  test("keeps the answer of a client whose leaving nobody noticed for when it asks again", async () => {
    const reader = await learner();
    const model = modelThat("ok");
    const left = await ask(withModel(model), PATH, reader.token, asking("patience"));
    await left.response.body?.cancel();
    await left.settled();
    const { response } = await ask(withModel(model), PATH, reader.token, asking("patience"));
    expect(await response.json()).toMatchObject({ data: { cached: true } });
    expect(await used(reader)).toBe(1);
    expect(await callsOf(model)).toHaveLength(1);
  });

  test("is charged once for one idempotency key, and a failure leaves the key free", async () => {
    const reader = await learner();
    const key = { "Idempotency-Key": crypto.randomUUID() };
    const failed = await ask(withModel(modelThat("broken")), PATH, reader.token, asking("tides", key));
    expect(failed.response.status).toBe(503);
    const good = withModel(modelThat("ok"));
    const first = await ask(good, PATH, reader.token, asking("tides", key));
    const answer = await first.response.text();
    await first.settled();
    const replay = await ask(good, PATH, reader.token, asking("tides", key));
    expect(replay.response.headers.get("Idempotency-Replayed")).toBe("true");
    expect(await replay.response.text()).toBe(answer);
    expect(await used(reader)).toBe(1);
  });
});

describe("what a call took", () => {
  test("is recorded with its price, whether it answered or not", async () => {
    const reader = await learner();
    const prices = { AI_PRICE_INPUT: "0.15", AI_PRICE_OUTPUT: "0.6" };
    const [good, bad] = [modelThat("ok"), modelThat("garbled")];
    await (await ask(withModel(good, prices), PATH, reader.token, asking("gravity"))).response.text();
    await (await ask(withModel(bad, prices), PATH, reader.token, asking("gravity"))).response.text();
    expect(await recorded(reader)).toEqual([
      { outcome: "OK", input_tokens: 1_000, output_tokens: 500, cost_micros: 450, model: good },
      { outcome: "BAD_ANSWER", input_tokens: 2_000, output_tokens: 1_000, cost_micros: 900, model: bad },
    ]);
  });

  test("stops the day when the budget of all is spent", async () => {
    const reader = await learner();
    const model = modelThat("ok");
    const budget = { AI_PRICE_INPUT: "1000000", AI_DAILY_BUDGET: "1000" };
    const first = await ask(withModel(model, budget), PATH, reader.token, asking("momentum"));
    expect(first.response.status).toBe(200);
    const second = await ask(withModel(model, budget), PATH, reader.token, asking("inertia"));
    expect(second.response.status).toBe(503);
    expect(await second.response.json()).toMatchObject({
      error: { code: "UNAVAILABLE", details: { feature: "explain" } },
    });
    expect(await used(reader)).toBe(1);
    expect(await callsOf(model)).toHaveLength(1);
  });
});

describe("a stream", () => {
  test("tells the explanation while the model writes it", async () => {
    const reader = await learner();
    const model = modelThat("slow");
    const { response, settled } = await ask(withModel(model), PATH, reader.token, asking("recursion", EVENTS));
    expect(response.status).toBe(200);
    const events = eventsIn(await response.text());
    const text = "“recursion” is\na thing with a \\ in it, é and 🙂.";
    expect(events.flatMap(({ event, data }) => (event === "delta" ? data["text"] : [])).join("")).toBe(text);
    expect(events.filter(({ event }) => event === "delta").length).toBeGreaterThan(3);
    expect(events.at(-1)).toEqual({
      event: "done",
      data: { explanation: text, examples: ["One recursion."], provider: "openai", model, cached: false },
    });
    expect((await callsOf(model))[0]?.body.stream).toBe(true);
    expect(await recorded(reader)).toMatchObject([{ outcome: "OK", input_tokens: 1_000, output_tokens: 500 }]);
    await settled();
    const again = await ask(withModel(model), PATH, reader.token, asking("recursion", EVENTS));
    expect(eventsIn(await again.response.text())).toMatchObject([
      { event: "delta", data: { text } },
      { event: "done", data: { cached: true } },
    ]);
    expect(await used(reader)).toBe(1);
  });

  test("takes plain text from a model that knows no shapes", async () => {
    const reader = await learner();
    const { response } = await ask(withModel(modelThat("plain")), PATH, reader.token, asking("recursion", EVENTS));
    expect(eventsIn(await response.text()).at(-1)).toMatchObject({
      event: "done",
      data: { explanation: "Recursion is a function that calls itself.", examples: [] },
    });
  });

  test.each(["cut", "garbled"])("that is %s ends with an error event and costs nothing", async (behaviour) => {
    const reader = await learner();
    const model = withModel(modelThat(behaviour));
    const { response } = await ask(model, PATH, reader.token, asking("magnetism", EVENTS));
    const events = eventsIn(await response.text()).map(({ event, data }) => [event, data["code"]]);
    expect(events[0]).toEqual(["delta", undefined]);
    expect(events.at(-1)).toEqual(["error", "UNAVAILABLE"]);
    expect(events.some(([event]) => event === "done")).toBe(false);
    expect(await used(reader)).toBe(0);
  });

  test("that fails before its first word is a plain refusal", async () => {
    const reader = await learner();
    const { response } = await ask(withModel(modelThat("busy")), PATH, reader.token, asking("magnetism", EVENTS));
    expect(response.status).toBe(503);
    expect(response.headers.get("Retry-After")).toBe("70");
    expect(await used(reader)).toBe(0);
  });

  test("left before the first word gives the charge back and stops the model", async () => {
    const reader = await learner();
    const model = modelThat("late");
    const leaving = new AbortController();
    const asked = ask(withModel(model), PATH, reader.token, { ...asking("patience", EVENTS), signal: leaving.signal });
    await eventually(
      () => callsOf(model),
      (calls) => calls.length === 1,
    );
    expect(await used(reader)).toBe(1);
    leaving.abort();
    await asked.catch(() => {});
    expect(
      await eventually(
        () => used(reader),
        (count) => count === 0,
      ),
    ).toBe(0);
    await eventually(
      () => callsOf(model),
      ([call]) => call?.left === true,
    );
    expect(await recorded(reader)).toMatchObject([{ outcome: "CANCELLED" }]);
  });

  test("closed while it waits gives the charge back, too", async () => {
    const reader = await learner();
    const model = modelThat("late");
    const { response, settled } = await ask(withModel(model), PATH, reader.token, asking("patience", EVENTS));
    const stream = response.body?.getReader();
    const { value } = (await stream?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe(": waiting\n\n");
    await stream?.cancel();
    await settled();
    expect(await used(reader)).toBe(0);
    expect(await recorded(reader)).toMatchObject([{ outcome: "CANCELLED" }]);
    await eventually(
      () => callsOf(model),
      ([call]) => call?.left === true,
    );
  });

  test("closed before anything was read gives the charge back, too", async () => {
    const reader = await learner();
    const model = modelThat("late");
    const { response, settled } = await ask(withModel(model), PATH, reader.token, asking("patience", EVENTS));
    await response.body?.cancel();
    await settled();
    expect(await used(reader)).toBe(0);
    expect(await recorded(reader)).toMatchObject([{ outcome: "CANCELLED" }]);
  });

  test("left in the middle stops the model and stays charged", async () => {
    const reader = await learner();
    const model = modelThat("slow");
    const { response, settled } = await ask(withModel(model), PATH, reader.token, asking("patience", EVENTS));
    const stream = response.body?.getReader();
    expect((await stream?.read())?.done).toBe(false);
    await stream?.cancel();
    await settled();
    await eventually(
      () => callsOf(model),
      ([call]) => call?.left === true,
    );
    expect(await used(reader)).toBe(1);
    expect(await recorded(reader)).toMatchObject([{ outcome: "CANCELLED" }]);
  });
});
