import type { Ranking } from "./ranking.ts";
import type { BoardEntry } from "./protocol.ts";
import type { Move } from "./standings.ts";

interface Submission {
  entries: readonly BoardEntry[];
  /** Of a rebuild, and which one. */
  generation?: number | undefined;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

interface Hooks {
  /** Called before the first row of a turn moves. */
  before: () => void;
  after: () => void;
}

/** Group commit: submissions that arrive together are applied in one turn and one commit, and the output gate holds every answer until then. */
export class Intake {
  readonly #ranking: Ranking;
  readonly #hooks: Hooks;
  #waiting: Submission[] = [];

  constructor(ranking: Ranking, hooks: Hooks) {
    this.#ranking = ranking;
    this.#hooks = hooks;
  }

  submit(entries: readonly BoardEntry[], generation?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      entries.forEach(assertFits);
      this.#waiting.push({ entries, generation, resolve, reject });
      if (this.#waiting.length === 1) setTimeout(() => this.#applyWaiting(), 0);
    });
  }

  #applyWaiting(): void {
    const submissions = this.#waiting;
    this.#waiting = [];
    try {
      this.#hooks.before();
      const moves: Move[] = [];
      for (const submission of submissions) this.#write(submission, moves);
      this.#ranking.follow(moves);
      this.#hooks.after();
    } catch (error) {
      this.#ranking.reread();
      for (const { reject } of submissions) reject(error);
    }
    for (const { resolve } of submissions) resolve();
  }

  /** Without a savepoint, which would copy every page it touches: each row is right by itself, and who is refused sends all again. */
  #write({ entries, generation, reject }: Submission, moves: Move[]): void {
    const rewrite = generation === this.#ranking.generation;
    try {
      for (const entry of entries) this.#ranking.write(entry, rewrite, moves);
    } catch (error) {
      reject(error);
    }
  }
}

function assertFits({ person, totals }: BoardEntry): void {
  if (person.id === "" || !Number.isSafeInteger(person.version)) throw new RangeError("a board entry needs a person");
  for (const { score, seq } of totals) {
    if (!Number.isSafeInteger(seq) || seq < 1) throw new RangeError("a total needs its ledger sequence");
    if (!Number.isSafeInteger(score)) throw new RangeError("a score is an integer");
  }
}
