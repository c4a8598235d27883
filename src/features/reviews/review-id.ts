import { newId } from "../../platform/ids.ts";

const TIMESTAMP = 13;

/** A UUIDv7 that bears the time of the submission's id instead of its own: when a review was written tells who wrote it. */
export const newReviewId = (submissionId: string): string =>
  submissionId.slice(0, TIMESTAMP) + newId().slice(TIMESTAMP, 19) + crypto.randomUUID().slice(19);
