/** What the server has said yes to, and must therefore still know after any crash. */
export interface Journal {
  people: { id: string; email: string }[];
  goals: string[];
  milestones: string[];
  /** Accepted ones. */
  submissions: string[];
  messages: { room: string; id: string; seq: number }[];
  rotations: number;
  /** Sent again after a crash, with the same key. */
  repeated: number;
  /** Of those, how often the server said that the effect was there already and only its answer had been lost. */
  answersLost: number;
  /** Sessions that ended because the answer of a rotation was lost for longer than the grace of a spent token. */
  signedInAgain: number;
  /** Rotations that were acknowledged and forgotten. Always a fault. */
  rotationsForgotten: string[];
  /** Answers of 500 and above. A crash gives none, it cuts the line. */
  serverErrors: string[];
}

export const emptyJournal = (): Journal => ({
  people: [],
  goals: [],
  milestones: [],
  submissions: [],
  messages: [],
  rotations: 0,
  repeated: 0,
  answersLost: 0,
  signedInAgain: 0,
  rotationsForgotten: [],
  serverErrors: [],
});

export const acknowledged = (journal: Journal): number =>
  journal.people.length +
  journal.goals.length +
  journal.milestones.length +
  journal.submissions.length +
  journal.messages.length +
  journal.rotations;
