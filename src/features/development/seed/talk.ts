import type { Name } from "./people.ts";

interface SeedRoom {
  name: string;
  topic: string;
  kind: "public" | "private";
  owner: Name;
  joins: readonly Name[];
  /** Asked into it; whoever also joins has accepted. */
  invites: readonly Name[];
  says: readonly (readonly [Name, string])[];
}

export const ROOMS: readonly SeedRoom[] = [
  {
    name: "La mesa",
    topic: "Solo español. Mistakes are welcome.",
    kind: "public",
    owner: "ana",
    joins: ["ben", "chidi", "freya", "jomo"],
    invites: [],
    says: [
      ["ana", "¡Bienvenidos! ¿Qué comisteis hoy?"],
      ["ben", "Arroz con todo. @ana, ¿cómo se dice “leftovers”?"],
      ["freya", "Las sobras. Mi gata come mis sobras."],
      ["jomo", "Yo comí tres chapatis y no lo siento."],
      ["ana", "Jomo, eso merece una historia en pasado 😄"],
      ["chidi", "Yo perdí el último tren. Eso también."],
    ],
  },
  {
    name: "Compiler errors, explained",
    topic: "Paste the last line first.",
    kind: "private",
    owner: "thea",
    joins: ["chidi", "kirsi"],
    invites: ["chidi", "kirsi", "diego"],
    says: [
      ["thea", "Rule of the house: read the last line of the error before the first."],
      ["chidi", "“Type 'undefined' is not assignable to type 'Dish'.” So my lookup may miss?"],
      ["kirsi", "Exactly. @chidi, what does the caller do when it misses?"],
      ["thea", "And that question is the whole course."],
    ],
  },
  {
    name: "Around the fire",
    topic: "Songs, chords and who brings the drums.",
    kind: "public",
    owner: "ben",
    joins: ["ana", "elif", "jomo", "diego"],
    invites: [],
    says: [
      ["ben", "Which song first? Three chords, please."],
      ["elif", "Something that sounds soft: I practise on trains."],
      ["diego", "Cielito lindo. Everybody knows the ay-ay-ay-ay."],
      ["jomo", "I bring a cajón. It is not drums, but it is not nothing."],
    ],
  },
];

export const LETTERS: readonly (readonly [from: Name, to: Name, body: string])[] = [
  ["ben", "ana", "Your F chord is nearly there. Want to play on Thursday?"],
  ["ana", "ben", "Yes! I will bring the songbook and some courage."],
];

export const ITEMS: readonly (readonly [Name, title: string, content: string])[] = [
  ["ana", "This week", "Two podcasts. Write the story about the lighthouse. Ask Ben about the F chord."],
  ["ana", "Words I keep forgetting", "ajeno · desvelarse · el umbral · todavía no"],
  ["ben", "Set list", "1. Redemption Song  2. Cielito lindo  3. the one without a name"],
  ["chidi", "Errors left", "12 of 31. Most of them are array accesses."],
  ["thea", "To read on Friday", "Hana's second recording; the quiz of Inès."],
];
