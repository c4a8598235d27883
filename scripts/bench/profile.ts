/** A profile as V8 writes it: `timeDeltas[n]` microseconds passed before sample `n`, which hit node `samples[n]`. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  timeDeltas: number[];
}

const WAITING = new Set(["(idle)", "(program)", "(root)"]);

/** Milliseconds in which code ran. */
export function activeMillis({ nodes, samples, timeDeltas }: CpuProfile): number {
  const waiting = new Set(nodes.filter(({ callFrame }) => WAITING.has(callFrame.functionName)).map(({ id }) => id));
  const micros = samples.reduce((sum, node, n) => sum + (waiting.has(node) ? 0 : (timeDeltas[n] ?? 0)), 0);
  return micros / 1000;
}
