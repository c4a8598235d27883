import * as fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import { explanationTask } from "../../src/platform/ai/explanation-task.ts";
import { createOpenAiProvider } from "../../src/platform/ai/openai.ts";
import { PartialField } from "../../src/platform/ai/partial-json.ts";
import { AiError } from "../../src/platform/ai/provider.ts";
import { sseData } from "../../src/platform/ai/sse.ts";
import { DEFAULT_TEMPLATES } from "../../src/platform/ai/templates.ts";
import { createWorkersAiProvider } from "../../src/platform/ai/workers-ai.ts";
import { callsOf, modelThat } from "../helpers/model.ts";

const task = explanationTask(
  { concept: "tides", context: "", level: "beginner", language: "en" },
  DEFAULT_TEMPLATES["explain-concept"],
);
const openai = (behaviour: string, timeoutMs = 2_000) =>
  createOpenAiProvider({ baseUrl: `${inject("openai")}/v1`, apiKey: "sk-1", model: modelThat(behaviour), timeoutMs });

async function drain(stream: AsyncGenerator<string, unknown, undefined>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable("it answered"),
    (error: unknown) => (error instanceof AiError ? error.reason : expect.unreachable(String(error))),
  );

const cutUp = (bytes: Uint8Array, sizes: readonly number[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + size));
        at += size;
      }
      controller.close();
    },
  });

describe("server-sent events", () => {
  it("are read the same however the bytes are cut", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((one) => !/[\r\n]/.test(one) && one !== "");
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 8 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 }),
        async (events, end, sizes) => {
          const wire = events.map((one) => `: comment${end}event: x${end}data: ${one}${end}${end}`).join("");
          const body = cutUp(new TextEncoder().encode(wire), sizes);
          const read: string[] = [];
          for await (const data of sseData(body)) read.push(data);
          expect(read).toEqual(events);
        },
      ),
    );
  });
});

describe("a field of unfinished JSON", () => {
  it("comes whole, whatever it holds and however it is cut", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 80 }),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 80 }),
        (value, fenced, sizes) => {
          const json = JSON.stringify({ explanation: value, examples: ['"explanation": "no"'] }, null, 1);
          const text = fenced ? `\`\`\`json\n${json}\n\`\`\`` : json;
          const field = new PartialField("explanation");
          let out = "";
          for (let at = 0, i = 0; at < text.length; i += 1) {
            const size = sizes[i % sizes.length] ?? 1;
            out += field.push(text.slice(at, at + size));
            at += size;
          }
          expect(out).toBe(value);
          expect(field.text).toBe(text);
        },
      ),
    );
  });
});

describe("openai over a real connection", () => {
  it("asks with the key, and gives answers and streams", async () => {
    const provider = openai("ok");
    const { value, usage } = await provider.complete(task);
    expect(value.examples).toEqual(["One tides."]);
    expect(usage).toEqual({ inputTokens: 1_000, outputTokens: 500 });
    expect((await drain(provider.stream(task))).join("")).toBe(value.explanation);
  });

  it.each([
    ["busy", "RATE_LIMITED"],
    ["broken", "UPSTREAM"],
    ["refused", "REFUSED"],
    ["silent", "TIMEOUT"],
    ["cut", "UPSTREAM"],
    ["garbled", "BAD_ANSWER"],
    ["shapeless", "BAD_ANSWER"],
  ])("that is %s fails as %s, whole and streamed", async (behaviour, reason) => {
    const timeoutMs = reason === "TIMEOUT" ? 300 : 10_000;
    expect(await reasonOf(openai(behaviour, timeoutMs).complete(task))).toBe(reason);
    expect(await reasonOf(drain(openai(behaviour, timeoutMs).stream(task)))).toBe(reason);
  });

  it("stops when the reader leaves or cancels", async () => {
    const left = openai("slow");
    for await (const piece of left.stream(task)) {
      expect(piece).not.toBe("");
      break;
    }
    const cancelled = openai("late");
    const signal = AbortSignal.timeout(100);
    expect(await reasonOf(cancelled.complete(task, { signal }))).toBe("CANCELLED");
    expect(await reasonOf(drain(cancelled.stream(task, { signal })))).toBe("CANCELLED");
    for (const model of [left.model, cancelled.model]) {
      await expect.poll(async () => (await callsOf(model)).every((call) => call.left)).toBe(true);
    }
  });
});

describe("workers-ai", () => {
  const streaming = (...events: string[]) =>
    createWorkersAiProvider({
      binding: {
        run: async () => cutUp(new TextEncoder().encode(events.map((one) => `data: ${one}\n\n`).join("")), []),
      },
      model: "@cf/m",
      timeoutMs: 1_000,
    });
  const answer = { explanation: "Water follows the moon.", examples: [] };
  const pieces = JSON.stringify(answer).match(/.{1,7}/g) ?? [];

  it("streams in both of its shapes", async () => {
    const old = streaming(...pieces.map((response) => JSON.stringify({ response })), "[DONE]");
    expect((await drain(old.stream(task))).join("")).toBe(answer.explanation);
    const chat = pieces.map((content) => JSON.stringify({ choices: [{ delta: { content } }] }));
    expect((await drain(streaming(...chat, "[DONE]").stream(task))).join("")).toBe(answer.explanation);
  });

  it("tells when a stream breaks off", async () => {
    const cut = streaming(JSON.stringify({ response: pieces[0] }));
    expect(await reasonOf(drain(cut.stream(task)))).toBe("UPSTREAM");
  });
});
