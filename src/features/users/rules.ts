/** Those fields of `input` that say something else than `current` does; what is undefined says nothing. */
export function changedFields<T extends object, U extends { [K in keyof T]?: T[K] | undefined }>(
  current: T,
  input: U,
): { [K in keyof U]?: Exclude<U[K], undefined> } {
  const changed = Object.entries(input).filter(
    ([name, value]) =>
      value !== undefined && JSON.stringify(value) !== JSON.stringify(current[name as keyof T] ?? null),
  );
  return Object.fromEntries(changed) as { [K in keyof U]?: Exclude<U[K], undefined> };
}

/** What is left of somebody: no person can choose this name, since a hyphen is not allowed in one. */
export const tombstoneName = (userId: string): string => `deleted-user-${userId.slice(-12)}`;
