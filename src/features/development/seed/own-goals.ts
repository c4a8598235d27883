import type { SeedGoal } from "./circle.ts";

/** Goals that nobody else sees. */
export const OWN_GOALS: readonly SeedGoal[] = [
  {
    key: "prince",
    owner: "ana",
    daysAgo: 29,
    goal: {
      title: "Read El principito in Spanish",
      category: "languages",
      tags: ["spanish", "reading"],
      milestones: [{ title: "The last chapter" }],
    },
    members: [],
    challenges: [],
  },
  {
    key: "run",
    owner: "ben",
    daysAgo: 22,
    goal: {
      title: "Run ten kilometres",
      category: "health",
      tags: ["running"],
      milestones: [{ title: "Five kilometres without walking" }, { title: "Ten kilometres", weight: 2 }],
    },
    members: [],
    challenges: [],
  },
  {
    key: "course",
    owner: "thea",
    daysAgo: 14,
    goal: {
      title: "Prepare the spring course",
      category: "teaching",
      tags: ["course"],
      milestones: [{ title: "Write the syllabus" }, { title: "Record the first lesson" }],
    },
    members: [],
    challenges: [],
  },
];
