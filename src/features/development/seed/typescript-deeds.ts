import type { Deed } from "./deed.ts";

const NARROW = `type Result<T> = { ok: true; value: T } | { ok: false; error: string };

export const valueOr = <T>(result: Result<T>, fallback: T): T => (result.ok ? result.value : fallback);
`;

const GROUP_BY = `export function groupBy<T, K extends PropertyKey>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
`;

export const TYPESCRIPT_DEEDS: readonly Deed[] = [
  { ago: 25.5, who: "chidi", does: "study", goal: "typescript", minutes: 45, note: "strict is on", milestone: 0 },
  {
    ago: 15.5,
    who: "chidi",
    does: "hand in",
    work: "chidi/narrow",
    challenge: "typescript/narrow",
    content: { code: NARROW, language: "typescript" },
    feedback: true,
  },
  {
    ago: 15.2,
    who: "diego",
    does: "review",
    work: "chidi/narrow",
    scores: [5, 5, 4],
    comment: "Does it in one expression, and the union is what makes it safe. I would name the type parameter.",
  },
  {
    ago: 14.9,
    who: "kirsi",
    does: "review",
    work: "chidi/narrow",
    scores: [5, 4, 5],
    comment: "Correct and short. Think about a fallback that is wider than T: could the signature allow it?",
  },
  { ago: 14.6, who: "chidi", does: "rate", work: "chidi/narrow", helpful: 5 },
  {
    ago: 14.4,
    who: "kirsi",
    does: "hand in",
    work: "kirsi/generic",
    challenge: "typescript/generic",
    content: { code: GROUP_BY, language: "typescript" },
  },
  {
    ago: 13.6,
    who: "thea",
    does: "review",
    work: "kirsi/generic",
    scores: [5, 5, 4],
    comment: "Everything is inferred and a Map keeps the order of the keys. Well done; read Map.groupBy next.",
    verdict: "accept",
  },
  {
    ago: 13.4,
    who: "goran",
    does: "hand in",
    work: "goran/generic",
    challenge: "typescript/generic",
    content: { code: GROUP_BY.replaceAll("groups", "result"), language: "typescript" },
  },
  {
    ago: 12.6,
    who: "thea",
    does: "review",
    work: "goran/generic",
    scores: [5, 5, 4],
    comment: "Works as asked, and nobody has to name a type. A clear piece of code.",
    verdict: "accept",
  },
  {
    ago: 10.5,
    who: "thea",
    does: "reverse",
    work: "goran/generic",
    reason: "Line by line another learner's work with one name replaced; talked it over with Goran.",
  },
  {
    ago: 12.4,
    who: "diego",
    does: "hand in",
    work: "diego/explain",
    challenge: "typescript/explain",
    content: {
      text: "With strict on, the compiler told me that a price may be undefined when a dish is not on the menu today. Before, we charged NaN pesos and wondered why the till would not add up.",
    },
  },
  {
    ago: 11.5,
    who: "ines",
    does: "hand in",
    work: "ines/narrow",
    challenge: "typescript/narrow",
    content: { code: "export const valueOr = (r: any, f: any) => r.value || f;\n", language: "typescript" },
  },
  { ago: 11.4, who: "ines", does: "withdraw", work: "ines/narrow" },
  {
    ago: 8.5,
    who: "chidi",
    does: "hand in",
    work: "chidi/types",
    challenge: "typescript/types",
    content: {
      answers: {
        unknown: "b",
        narrow: ["a", "b", "d"],
        keys: ["keyof"],
        widths: ["never", "literal", "string", "unknown"],
      },
    },
  },
  {
    ago: 7.5,
    who: "chidi",
    does: "study",
    goal: "typescript",
    minutes: 35,
    note: "A union for the form's state",
    milestone: 1,
  },
  {
    ago: 3.5,
    who: "ines",
    does: "hand in",
    work: "ines/types",
    challenge: "typescript/types",
    content: {
      answers: {
        unknown: "a",
        narrow: ["a", "c"],
        keys: ["keyof"],
        widths: ["never", "string", "literal", "unknown"],
      },
    },
  },
  {
    ago: 1.5,
    who: "ana",
    does: "hand in",
    work: "ana/narrow",
    challenge: "typescript/narrow",
    content: {
      code: `${NARROW}\nexport const titleOr = (book: Result<{ title: string }>): string => valueOr(book, { title: "Untitled" }).title;\n`,
      language: "typescript",
    },
  },
];
