import type { Deed } from "./deed.ts";

const STRINGS = ["e2", "a", "d", "g", "b", "e4"];

export const GUITAR_DEEDS: readonly Deed[] = [
  {
    ago: 12.9,
    who: "ben",
    does: "hand in",
    work: "ben/chords",
    challenge: "guitar/chords",
    content: { answers: { strings: STRINGS, key: ["c", "d", "em"], capo: "b", minor: ["Am"] } },
  },
  { ago: 11.9, who: "ben", does: "study", goal: "guitar", minutes: 25, note: "Sixty changes a minute", milestone: 0 },
  {
    ago: 9.5,
    who: "ana",
    does: "hand in",
    work: "ana/song",
    challenge: "guitar/song",
    content: { url: "https://vimeo.com/198822741" },
  },
  {
    ago: 9.2,
    who: "jomo",
    does: "review",
    work: "ana/song",
    scores: [4, 3],
    comment: "You never stop, which is the hardest part. The change to F comes late: leave the strumming hand going.",
  },
  { ago: 8.9, who: "ana", does: "rate", work: "ana/song", helpful: 4, comment: "The tip about F works." },
  {
    ago: 7.4,
    who: "elif",
    does: "hand in",
    work: "elif/chords",
    challenge: "guitar/chords",
    content: { answers: { strings: STRINGS.toReversed(), key: ["c", "f"], capo: "a", minor: ["A minor"] } },
  },
  {
    ago: 4.4,
    who: "jomo",
    does: "hand in",
    work: "jomo/plan",
    challenge: "guitar/plan",
    content: {
      text: "Monday to Wednesday I play the verse with a metronome at 60, 66 and 72. Thursday only the change to B minor. Friday I film it, Saturday the band laughs, Sunday I rest.",
    },
  },
  { ago: 3.4, who: "ben", does: "pause", goal: "run" },
  {
    ago: 0.5,
    who: "diego",
    does: "hand in",
    work: "diego/song",
    challenge: "guitar/song",
    content: { url: "https://archive.org/details/diego-cielito-lindo" },
  },
];
