import type { SeedGoal } from "./circle.ts";

const TRUE_STORY = [
  { criterion: "Grammar", description: "Imperfect and preterite, each where it belongs", weight: 2 },
  { criterion: "Vocabulary", description: "Words that say exactly what happened" },
  { criterion: "Story", description: "A beginning, a turn and an end", weight: 2 },
];

const AT_THE_TABLE = {
  questions: [
    {
      id: "bill",
      type: "single",
      prompt: "You have eaten well and want to pay. What do you say?",
      options: [
        { id: "a", text: "La cuenta, por favor." },
        { id: "b", text: "La carta, por favor." },
        { id: "c", text: "El cuento, por favor." },
      ],
      answer: "a",
    },
    {
      id: "meatless",
      type: "multiple",
      prompt: "Which of these have no meat?",
      options: [
        { id: "a", text: "gazpacho" },
        { id: "b", text: "chorizo" },
        { id: "c", text: "tortilla de patatas" },
        { id: "d", text: "jamón" },
      ],
      answer: ["a", "c"],
    },
    {
      id: "meal",
      type: "ordering",
      prompt: "Put the meal into its order.",
      options: [
        { id: "dessert", text: "el postre" },
        { id: "starter", text: "el primer plato" },
        { id: "main", text: "el segundo plato" },
      ],
      answer: ["starter", "main", "dessert"],
    },
    {
      id: "thirst",
      type: "gap",
      prompt: "Tengo ___. Una botella de ___, por favor.",
      answer: [["sed"], ["agua", "vino"]],
      points: 2,
    },
  ],
};

export const SPANISH: SeedGoal = {
  key: "spanish",
  owner: "ana",
  daysAgo: 30,
  goal: {
    title: "Hold a conversation in Spanish",
    description:
      "Ten minutes with a stranger, without English. We practise in small steps: say who you are, order a meal, tell a story, listen to an answer.",
    category: "languages",
    tags: ["spanish", "speaking"],
    visibility: "public",
    milestones: [
      { title: "Introduce myself" },
      { title: "Order a meal", weight: 2 },
      { title: "Tell a story in the past tense", weight: 3 },
      { title: "Understand a podcast for learners", weight: 2 },
    ],
  },
  members: ["ben", "chidi", "elif", "freya", "hana", "jomo"],
  challenges: [
    {
      key: "spanish/introduction",
      by: "ana",
      milestone: 0,
      fields: {
        title: "Introduce yourself in five sentences",
        description: "Your name, where you live, what you do, what you like, and **one thing nobody would guess**.",
        kind: "text",
        points: 20,
        rules: { minWords: 10, mustInclude: ["me llamo"] },
        rubric: [{ criterion: "Grammar", description: "Verbs agree with their subject" }],
      },
    },
    {
      key: "spanish/table",
      by: "ana",
      milestone: 1,
      fields: {
        title: "At the table",
        description: "Four questions that you will need in every restaurant between Tijuana and Ushuaia.",
        kind: "quiz",
        points: 25,
        quiz: AT_THE_TABLE,
        rubric: [{ criterion: "Vocabulary", description: "Food, drink and the order of a meal" }],
      },
    },
    {
      key: "spanish/story",
      by: "ana",
      milestone: 2,
      dueInDays: 12,
      fields: {
        title: "A true story in the past tense",
        description: "Something that happened to you on a journey. Two people of the circle read it.",
        kind: "text",
        difficulty: "intermediate",
        points: 50,
        rules: { minWords: 25, maxWords: 300 },
        rubric: TRUE_STORY,
        peerReviews: 2,
      },
    },
    {
      key: "spanish/recording",
      by: "ana",
      milestone: 3,
      dueInDays: 5,
      fields: {
        title: "One minute out loud",
        description: "Record yourself retelling an episode of a podcast, and link to it. A teacher listens.",
        kind: "link",
        difficulty: "intermediate",
        points: 40,
        rules: { hosts: ["archive.org", "soundcloud.com"] },
        rubric: [
          { criterion: "Pronunciation", description: "A native speaker understands it at once" },
          { criterion: "Flow", description: "Pauses where a sentence ends" },
        ],
        requiresVerdict: true,
      },
    },
  ],
};
