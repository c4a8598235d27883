import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptExplanation } from "../../src/platform/ai/explanation.ts";
import { acceptProposals, type GenerationInput, MAX_POINTS } from "../../src/platform/ai/generation.ts";
import { coach } from "../../src/platform/ai/offline/coach.ts";
import { explainOffline } from "../../src/platform/ai/offline/explain.ts";
import { proposeOffline } from "../../src/platform/ai/offline/propose.ts";
import { distanceOf } from "../../src/platform/ai/offline/spelling.ts";
import { NewChallenge } from "../../src/features/challenges/schema.ts";

const title = fc.string({ unit: "grapheme", minLength: 1, maxLength: 120 }).filter((text) => text.trim() !== "");
const difficulty = fc.constantFrom(
  "beginner" as const,
  "intermediate" as const,
  "advanced" as const,
  "expert" as const,
);
const anyInput: fc.Arbitrary<GenerationInput> = fc.record({
  goal: fc.record({
    title: fc.oneof(title, fc.constantFrom("Learn TypeScript", "Cook for four", "Speak Spanish")),
    description: fc.string({ unit: "grapheme", maxLength: 200 }),
    category: fc.constantFrom("general", "programming", "language"),
  }),
  milestones: fc.array(fc.record({ title, done: fc.boolean() }), { maxLength: 8 }),
  existing: fc.array(title, { maxLength: 5 }),
  count: fc.integer({ min: 1, max: 10 }),
  difficulty: fc.option(difficulty),
  topic: fc.oneof(fc.constant(""), title),
  language: fc.constantFrom("en", "es"),
});

const goalId = "0199aa11-2233-7444-8555-66778899aabb";
const RANK = ["beginner", "intermediate", "advanced", "expert"];

describe("proposals of the coach", () => {
  it("are the same each time, new, bounded, and challenges as they stand", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const answer = proposeOffline(input);
        expect(proposeOffline(structuredClone(input))).toEqual(answer);
        const accepted = acceptProposals(answer, input);
        const challenges = accepted.ok ? accepted.value.challenges : [];
        expect(challenges.length).toBeGreaterThan(0);
        expect(challenges.length).toBeLessThanOrEqual(input.count);
        expect(new Set(challenges.map((one) => one.title.toLowerCase())).size).toBe(challenges.length);
        const open = input.milestones.filter(({ done }) => !done).map((one) => one.title.trim());
        for (const one of challenges) {
          expect(input.existing).not.toContain(one.title);
          expect(one.points).toBeLessThanOrEqual(MAX_POINTS[one.difficulty]);
          expect(one.difficulty).toBe(input.difficulty ?? one.difficulty);
          expect([null, ...open]).toContain(one.milestone?.trim() ?? null);
          const { minWords, language } = one.rules;
          const rules = { ...(minWords === null ? {} : { minWords }), ...(language === null ? {} : { language }) };
          expect(NewChallenge.safeParse({ ...one, rules, goalId }).success).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("rise in difficulty and take the open milestones in turn", () => {
    const { challenges } = proposeOffline({
      goal: { title: "Learn TypeScript", description: "", category: "programming" },
      milestones: [
        { title: "Types", done: true },
        { title: "Generics", done: false },
        { title: "Decorators", done: false },
      ],
      existing: [],
      count: 6,
      difficulty: null,
      topic: "",
      language: "en",
    });
    const ranks = challenges.map((one) => RANK.indexOf(one.difficulty));
    expect(ranks).toEqual([...ranks].sort());
    expect(new Set(ranks).size).toBe(3);
    expect(challenges.map((one) => one.milestone)).toEqual([
      "Generics",
      "Decorators",
      "Generics",
      "Decorators",
      "Generics",
      "Decorators",
    ]);
    const code = challenges.filter((one) => one.kind === "code");
    expect(code.length).toBeGreaterThan(1);
    expect(code.every((one) => one.rules.language === "typescript")).toBe(true);
  });
});

describe("proposals of a model", () => {
  it("are mended into challenges whatever they hold", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    const proposal = fc.record({
      title: text,
      description: text,
      kind: fc.constantFrom("text" as const, "code" as const, "link" as const),
      difficulty,
      points: fc.oneof(fc.double(), fc.integer()),
      milestone: fc.option(text),
      rubric: fc.array(fc.record({ criterion: text, description: text, weight: fc.double() }), { maxLength: 12 }),
      rules: fc.record({
        minWords: fc.option(fc.double()),
        mustInclude: fc.array(text, { maxLength: 12 }),
        language: fc.option(text),
      }),
    });
    fc.assert(
      fc.property(fc.array(proposal, { maxLength: 12 }), anyInput, (challenges, input) => {
        const verdict = acceptProposals({ challenges }, input);
        if (!verdict.ok) return;
        expect(verdict.value.challenges.length).toBeLessThanOrEqual(input.count);
        for (const one of verdict.value.challenges) {
          const { minWords, mustInclude, language } = one.rules;
          const rules = {
            ...(minWords === null ? {} : { minWords }),
            ...(language === null ? {} : { language }),
            ...(mustInclude.length === 0 ? {} : { mustInclude }),
          };
          const parsed = NewChallenge.safeParse({ ...one, rules, goalId });
          expect(parsed.error?.issues ?? []).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("explanations of the coach", () => {
  it("are the same each time, never empty, and quote only the context", () => {
    fc.assert(
      fc.property(title, fc.string({ unit: "grapheme", maxLength: 400 }), title, (concept, context, level) => {
        const input = { concept, context, level, language: "en" };
        const answer = explainOffline(input);
        expect(explainOffline(input)).toEqual(answer);
        expect(answer.explanation).toContain("No language model is connected");
        expect(acceptExplanation(answer).ok).toBe(true);
        const plain = context.replace(/\s+/g, " ");
        for (const example of answer.examples) expect(plain).toContain(example);
      }),
    );
  });
});

describe("spelling", () => {
  const feedback = (work: string, mustInclude: string[]) =>
    coach({
      kind: "text",
      work,
      title: "",
      description: "",
      rubric: [{ criterion: "Grammar", description: "", weight: 1 }],
      rules: { mustInclude },
    }).comments;

  it("of what the task asks for is compared with what is there", () => {
    const work = "Hola, me yamo Ana. Vivo en Sevilla desde hace dos anos con mi familia.";
    expect(feedback(work, ["me llamo", "familia"])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ quote: "me yamo", comment: expect.stringContaining("spelled differently") }),
      ]),
    );
    expect(feedback(work, ["familia"]).some(({ comment }) => comment.includes("familia"))).toBe(false);
    expect(feedback(work, ["hasta luego"])[0]?.comment ?? "").not.toContain("spelled differently");
  });

  it("counts edits: none for the same, symmetric, at most the longer text", () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(distanceOf(a, a, 0)).toBe(0);
        const distance = distanceOf(a, b, 99);
        expect(distanceOf(b, a, 99)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(Array.from(a).length, Array.from(b).length));
        expect(distanceOf(a, b, 2)).toBe((distance ?? 99) > 2 ? null : distance);
      }),
    );
    expect(distanceOf("recieve", "receive", 2)).toBe(1);
  });
});
