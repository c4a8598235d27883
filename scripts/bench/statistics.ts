export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The 95 % bootstrap interval of the median. */
export function interval(values: readonly number[], draws = 2_000): [number, number] {
  const medians = Array.from({ length: draws }, () =>
    median(values.map(() => values[Math.floor(Math.random() * values.length)] ?? 0)),
  );
  return [quantile(medians, 0.025), quantile(medians, 0.975)];
}

/** A ratio as the tables print it: median and interval. */
export function ratio(values: readonly number[]): string {
  const [low, high] = interval(values);
  return `${median(values).toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
