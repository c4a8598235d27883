import { expect, test } from "vitest";
import { brokenPromises, keepAnswer } from "../helpers/contract.ts";

const meta = { timestamp: "2026-11-21T10:00:00.000Z", requestId: "0199aa11-2233-7444-8555-66778899aabb" };
const answer = (status: number, type = "application/json") =>
  new Response(status === 204 ? null : "{}", { status, headers: { "Content-Type": type } });
const failure = (code: string) => ({ success: false, error: { code, message: "No." }, meta });

test("answers that are not as the document says are found", async () => {
  const path = "/api/v1/goals";
  const page = { limit: 20, nextCursor: null, hasMore: false };
  keepAnswer("GET", `${path}?limit=1`, answer(200), { success: true, data: [], meta: { ...meta, pagination: page } });
  keepAnswer("GET", "/api/goals/", answer(401), failure("UNAUTHENTICATED"));
  keepAnswer("GET", "/nowhere", answer(200), {});
  expect(await brokenPromises()).toEqual([]);

  keepAnswer("GET", path, answer(200), { success: true, data: [{ id: "x" }], meta });
  keepAnswer("GET", path, answer(418), {});
  keepAnswer("GET", path, answer(401), failure("FORBIDDEN"));
  keepAnswer("GET", path, answer(200, "text/plain"), "");
  keepAnswer("DELETE", `${path}/0199aa11-2233-7444-8555-66778899aabb`, answer(204), { success: true });
  const faults = await brokenPromises();
  expect(faults).toEqual([
    expect.stringContaining("must have required property 'pagination'"),
    expect.stringContaining("418: this status is not"),
    expect.stringContaining("FORBIDDEN is not"),
    expect.stringContaining('"text/plain" is not'),
    expect.stringContaining("a body that is not"),
  ]);
});
