import { uuidv7 } from "uuidv7";

/** A new UUIDv7: unique, and ordered by the time it was made. */
export const newId = (): string => uuidv7();
