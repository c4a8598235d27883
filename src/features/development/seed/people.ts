import type { Role } from "../../../platform/permissions.ts";

export interface SeedPerson {
  displayName: string;
  timezone: string;
  locale?: string;
  role: Role;
  bio: string;
  skills: string[];
  interests: string[];
  invitedBy?: string;
}

const student = (
  displayName: string,
  timezone: string,
  bio: string,
  more: Partial<Omit<SeedPerson, "displayName" | "timezone" | "bio">> = {},
): SeedPerson => ({ displayName, timezone, bio, role: "student", skills: [], interests: [], ...more });

/** Everybody of the demo by username; who was invited comes after who invited them. */
export const PEOPLE = {
  thea: student("Thea Novak", "Europe/Prague", "Teaches programming, and believes in short feedback.", {
    role: "teacher",
    skills: ["typescript", "teaching"],
    interests: ["type systems"],
  }),
  ana: student("Ana Lima", "Europe/Lisbon", "Bookseller. Learning Spanish, slowly, and the guitar, slower.", {
    skills: ["writing"],
    interests: ["languages", "music"],
  }),
  ben: student("Ben Okafor", "Africa/Lagos", "Three chords and counting.", {
    skills: ["guitar"],
    interests: ["music", "running"],
  }),
  chidi: student("Chidi Sato", "Asia/Tokyo", "From spreadsheets to TypeScript.", {
    skills: ["excel"],
    interests: ["programming"],
  }),
  diego: student("Diego Ramos", "America/Mexico_City", "Cook by day, code by night.", { locale: "es" }),
  elif: student("Elif Kaya", "Europe/Istanbul", "Travels by train and learns on the way."),
  freya: student("Freya Holm", "Europe/Copenhagen", "Reads Lorca aloud to her cat.", { interests: ["poetry"] }),
  goran: student("Goran Petrov", "Europe/Sofia", "In a hurry."),
  hana: student("Hana Weber", "Europe/Berlin", "Ana talked me into this.", { locale: "de", invitedBy: "ana" }),
  ines: student("Inès Martin", "Europe/Paris", "Front-end, mostly.", { locale: "fr" }),
  jomo: student("Jomo Mwangi", "Africa/Nairobi", "Plays in a band that has no drummer yet.", { interests: ["music"] }),
  kirsi: student("Kirsi Laine", "Europe/Helsinki", "Wants to read compiler errors for fun.", { skills: ["java"] }),
} as const satisfies Record<string, SeedPerson>;

export type Name = keyof typeof PEOPLE;
