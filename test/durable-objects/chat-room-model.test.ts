import * as fc from "fast-check";
import { test } from "vitest";
import { everybodyEndsAlike } from "../helpers/room-model.ts";

test("whatever eight clients do and the object suffers, all end with the same history: nothing missing, nothing twice", async () => {
  await fc.assert(everybodyEndsAlike(0), { numRuns: 25, endOnFailure: true });
}, 180_000);

test("the same with a hub and four relays, any of which may sleep and die", async () => {
  await fc.assert(everybodyEndsAlike(4), { numRuns: 15, endOnFailure: true });
}, 180_000);
