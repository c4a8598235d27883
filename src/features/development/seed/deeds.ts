import { STUDY } from "./habits.ts";
import type { Deed } from "./deed.ts";
import { GUITAR_DEEDS } from "./guitar-deeds.ts";
import { SPANISH_DEEDS } from "./spanish-deeds.ts";
import { TYPESCRIPT_DEEDS } from "./typescript-deeds.ts";

/** The last four weeks, in the order in which they happened. */
export const DEEDS: readonly Deed[] = [...STUDY, ...SPANISH_DEEDS, ...TYPESCRIPT_DEEDS, ...GUITAR_DEEDS].toSorted(
  (a, b) => b.ago - a.ago,
);
