import type { SeedGoal } from "./circle.ts";

const CHORDS = {
  questions: [
    {
      id: "strings",
      type: "ordering",
      prompt: "From the lowest string of standard tuning to the highest.",
      options: [
        { id: "g", text: "G" },
        { id: "e2", text: "E (thick)" },
        { id: "b", text: "B" },
        { id: "a", text: "A" },
        { id: "e4", text: "E (thin)" },
        { id: "d", text: "D" },
      ],
      answer: ["e2", "a", "d", "g", "b", "e4"],
    },
    {
      id: "key",
      type: "multiple",
      prompt: "Which of these chords belong to the key of G major?",
      options: [
        { id: "c", text: "C" },
        { id: "d", text: "D" },
        { id: "f", text: "F" },
        { id: "em", text: "E minor" },
      ],
      answer: ["c", "d", "em"],
    },
    {
      id: "capo",
      type: "single",
      prompt: "You play a C shape with the capo on the second fret. What sounds?",
      options: [
        { id: "a", text: "C" },
        { id: "b", text: "D" },
        { id: "c", text: "B flat" },
      ],
      answer: "b",
    },
    {
      id: "minor",
      type: "gap",
      prompt: "The relative minor of C major is ___.",
      answer: [["A minor", "Am", "a"]],
    },
  ],
};

export const GUITAR: SeedGoal = {
  key: "guitar",
  owner: "ben",
  daysAgo: 26,
  goal: {
    title: "Play five songs on the guitar",
    description: "Whole songs, in time, with the changes. First slowly with a metronome, in the end around a table.",
    category: "music",
    tags: ["guitar", "songs"],
    visibility: "public",
    milestones: [
      { title: "Change between G, C and D without looking", weight: 2 },
      { title: "Keep time with a metronome at 80" },
      { title: "Play one song from beginning to end", weight: 2 },
      { title: "Play five songs for friends", weight: 4 },
    ],
  },
  members: ["ana", "chidi", "diego", "elif", "freya", "jomo"],
  challenges: [
    {
      key: "guitar/chords",
      by: "ben",
      milestone: 0,
      fields: {
        title: "Strings, keys and a capo",
        description: "What you should know without the guitar in your hands.",
        kind: "quiz",
        points: 25,
        quiz: CHORDS,
        rubric: [{ criterion: "Theory", description: "Tuning, keys and relative minors" }],
      },
    },
    {
      key: "guitar/song",
      by: "ben",
      milestone: 2,
      dueInDays: 3,
      fields: {
        title: "One song, from beginning to end",
        description: "Film your hands, link to it. Mistakes are fine; stopping is not.",
        kind: "link",
        difficulty: "intermediate",
        points: 50,
        rules: { hosts: ["vimeo.com", "archive.org"] },
        rubric: [
          { criterion: "Time", description: "The pulse never stops", weight: 2 },
          { criterion: "Changes", description: "Chords arrive on the beat" },
        ],
        peerReviews: 1,
      },
    },
    {
      key: "guitar/plan",
      by: "ben",
      milestone: 1,
      dueInDays: 10,
      fields: {
        title: "A week of practice",
        description: "Fifteen minutes a day: what will you do on each, and how will you know it worked?",
        kind: "text",
        points: 15,
        rules: { minWords: 20, mustInclude: ["metronome"] },
        rubric: [{ criterion: "Plan", description: "Small, dated, and it can be checked" }],
      },
    },
  ],
};
