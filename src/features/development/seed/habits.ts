import type { Deed } from "./deed.ts";
import type { Name } from "./people.ts";

interface Habit {
  who: Name;
  goal: string;
  /** How many days ago, each once. */
  days: readonly number[];
  minutes: readonly number[];
  notes: readonly string[];
}

const last = (days: number, except: readonly number[] = []): number[] =>
  Array.from({ length: days }, (_, i) => days - i).filter((day) => !except.includes(day));

const HABITS: readonly Habit[] = [
  {
    who: "ana",
    goal: "spanish",
    days: [...last(27, [9, 19]), 0.1],
    minutes: [20, 35, 15, 25],
    notes: [
      "Flash cards on the tram",
      "Podcast, twice, the second time without the text",
      "",
      "Wrote to Diego in Spanish",
    ],
  },
  {
    who: "ben",
    goal: "guitar",
    days: [...last(13, [5]), 0.2],
    minutes: [15, 30, 45],
    notes: ["G to C, sixty changes", "Metronome at 72", "The whole song, slowly"],
  },
  {
    who: "chidi",
    goal: "typescript",
    days: [...last(12, [3, 8]), 0.3],
    minutes: [40, 25],
    notes: ["Turned on noUncheckedIndexedAccess; 31 errors", "Down to 12 errors"],
  },
  { who: "freya", goal: "spanish", days: [21, 18, 11, 6, 1], minutes: [30], notes: ["Read a poem aloud", ""] },
  { who: "elif", goal: "guitar", days: [10, 7, 4, 2], minutes: [20, 10], notes: ["On the night train, softly"] },
  { who: "diego", goal: "typescript", days: [13, 12, 5, 1], minutes: [50], notes: ["Rewrote the menu in TypeScript"] },
  {
    who: "kirsi",
    goal: "typescript",
    days: [15, 14, 6, 2],
    minutes: [60, 30],
    notes: ["Inference from the return type"],
  },
  { who: "jomo", goal: "guitar", days: [9, 4, 1], minutes: [90], notes: ["Rehearsal"] },
  { who: "hana", goal: "spanish", days: [6, 5, 2], minutes: [15], notes: ["Ana sent me a song"] },
];

export const STUDY: readonly Deed[] = HABITS.flatMap(({ who, goal, days, minutes, notes }) =>
  days.map((ago, i): Deed => {
    const note = notes[i % notes.length] ?? "";
    return { ago, who, does: "study", goal, minutes: minutes[i % minutes.length] ?? 20, note };
  }),
);
