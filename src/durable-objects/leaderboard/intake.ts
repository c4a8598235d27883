import type { Ranking } from "./ranking.ts";
import type { BoardEntry } from "./protocol.ts";
import type { Move } from "./standings.ts";

interface Submission {
  entries: readonly BoardEntry[];
  /** Of a rebuild, and which one. */
  generation: number | undefined;
  refusal?: { error: unknown };
}

/** Open for submissions until it begins. */
interface Turn {
  submissions: Submission[];
  over: Promise<void>;
}

interface Hooks {
  /** Resolves when everything that was written before is safe. */
  committed: () => Promise<void>;
  /** Called before the first row of a turn moves. */
  before: () => void;
  after: () => void;
}

/**
 * Group commit: what arrives while the last commit is under way is applied in one turn and one commit after it,
 * and the output gate holds every answer until then. A board with nothing under way waits for nothing.
 */
export class Intake {
  readonly #ranking: Ranking;
  readonly #hooks: Hooks;
  #turn: Turn | undefined;

  constructor(ranking: Ranking, hooks: Hooks) {
    this.#ranking = ranking;
    this.#hooks = hooks;
  }

  async submit(entries: readonly BoardEntry[], generation?: number): Promise<void> {
    entries.forEach(assertFits);
    const submission: Submission = { entries, generation };
    const turn = (this.#turn ??= this.#nextTurn());
    turn.submissions.push(submission);
    await turn.over;
    if (submission.refusal !== undefined) throw submission.refusal.error;
  }

  #nextTurn(): Turn {
    const submissions: Submission[] = [];
    return { submissions, over: this.#applyAfterCommit(submissions) };
  }

  async #applyAfterCommit(submissions: readonly Submission[]): Promise<void> {
    try {
      await this.#hooks.committed();
    } finally {
      this.#turn = undefined;
    }
    this.#apply(submissions);
  }

  #apply(submissions: readonly Submission[]): void {
    try {
      this.#hooks.before();
      const moves: Move[] = [];
      for (const submission of submissions) this.#write(submission, moves);
      this.#ranking.follow(moves);
      this.#hooks.after();
    } catch (error) {
      this.#ranking.reread();
      throw error;
    }
  }

  /** Without a savepoint, which would copy every page it touches: each row is right by itself, and who is refused sends all again. */
  #write(submission: Submission, moves: Move[]): void {
    const rewrite = submission.generation === this.#ranking.generation;
    try {
      for (const entry of submission.entries) this.#ranking.write(entry, rewrite, moves);
    } catch (error) {
      submission.refusal = { error };
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
