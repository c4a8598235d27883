interface Answered {
  id: string;
  type: string;
  options?: { id: string; text: string }[];
  answer: string | readonly unknown[];
}

/** A question without its answer. Writers list an ordering's options in the right order more often than not: learners get another one. */
export function asLearnersSee<T extends Answered>(question: T): Omit<T, "answer"> & { gaps?: number } {
  const { answer, ...shown } = question;
  if (question.type === "gap") return { ...shown, gaps: answer.length };
  if (question.type !== "ordering" || !question.options) return shown;
  return { ...shown, options: shuffled(question.options, question.id, answer) };
}

/** The same order each time, and never the right one. */
function shuffled<T extends { id: string }>(
  options: readonly T[],
  seed: string,
  answer: string | readonly unknown[],
): T[] {
  const mixed = options.toSorted((a, b) => hash(seed + a.id) - hash(seed + b.id) || (a.id < b.id ? -1 : 1));
  const right = mixed.every(({ id }, i) => id === answer[i]);
  return right ? [...mixed.slice(1), ...mixed.slice(0, 1)] : mixed;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x81_1c_9d_c5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01_00_01_93);
  return value >>> 0;
}
