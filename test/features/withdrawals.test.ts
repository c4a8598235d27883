import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId } from "../../src/platform/ids.ts";
import { call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, challenge, goal, learner, staff } from "../helpers/factories.ts";

const API = "/api/v1";
const TEXT = { text: "Hola, me llamo Ana" };

const handIn = (by: Learner, challengeId: string) =>
  post(`${API}/submissions`, { challengeId, content: TEXT, requestFeedback: false }, by.token);
const statusOf = (id: string) =>
  env.DB.prepare("SELECT status FROM submissions WHERE id = ?").bind(id).first<string>("status");
const leasesOf = async (by: Learner) =>
  ((await get(`${API}/reviews/assignments`, by.token)).data as { state: string }[]).map(({ state }) => state);
const changed = (userId: string, what: string) =>
  env.EVENTS_QUEUE.send({ id: newId(), version: 1, body: { type: "user.changed", userId, what } });
const quiet = () =>
  eventually(
    () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first<number>("n"),
    (left) => left === 0,
  );

/** Work that its circle's owner was given to review. */
async function workInReview() {
  const [owner, ana] = [await learner(), await learner()];
  const { id: goalId } = await goal(owner, { visibility: "public" });
  await post(`${API}/goals/${goalId}/join`, undefined, ana.token);
  const task = await challenge(owner, goalId, { peerReviews: 1, maxAttempts: 1 });
  const { data } = await handIn(ana, task.id);
  await eventually(
    () => leasesOf(owner),
    (states) => states.includes("open"),
  );
  return { owner, ana, task, id: data.id as string };
}

test("what somebody suspended left undecided is withdrawn, and after reinstatement the attempt is there again", async () => {
  const [root, { owner, ana, task, id }] = [await staff("superadmin"), await workInReview()];
  const be = (status: string) => call("PATCH", `${API}/admin/users/${ana.id}`, { token: root.token, body: { status } });
  expect((await be("suspended")).status).toBe(200);
  await eventually(
    () => leasesOf(owner),
    (states) => states.includes("returned"),
  );
  expect(await statusOf(id)).toBe("withdrawn");
  expect((await post(`${API}/reviews/assignments/next`, undefined, owner.token)).status).toBe(204);

  expect((await be("active")).status).toBe(200);
  const { data } = await post(`${API}/auth/login`, { email: ana.email, password: PASSWORD });
  const again = { ...ana, token: data.accessToken };
  const { history } = (await get(`${API}/submissions/${id}`, again.token)).data;
  expect(history.at(-1)).toMatchObject({
    status: "withdrawn",
    by: "rules",
    reason: expect.stringContaining("suspended"),
  });
  const second = await handIn(again, task.id);
  expect([second.status, second.data.status]).toEqual([201, "in_review"]);
});

test("what somebody deleted left undecided is withdrawn", async () => {
  const { owner, ana, id } = await workInReview();
  const farewell = { token: ana.token, body: { password: PASSWORD } };
  expect((await call("DELETE", `${API}/users/me`, farewell)).status).toBe(204);
  await eventually(
    () => leasesOf(owner),
    (states) => states.includes("returned"),
  );
  expect(await statusOf(id)).toBe("withdrawn");
});

test("what is decided stays, and so does the work of whoever is there", async () => {
  const { ana, id } = await workInReview();
  const done = await handIn(ana, (await challenge(ana, (await goal(ana)).id)).id);
  expect(done.data.status).toBe("accepted");
  await changed(ana.id, "status");
  await changed(ana.id, "profile");
  await quiet();
  expect(await statusOf(id)).toBe("in_review");
  await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(ana.id).run();
  await changed(ana.id, "status");
  await eventually(
    () => statusOf(id),
    (status) => status === "withdrawn",
  );
  expect(await statusOf(done.data.id)).toBe("accepted");
});

test("nothing more is handed in, though the token has not been refused yet", async () => {
  const ana = await learner();
  const task = await challenge(ana, (await goal(ana)).id, { peerReviews: 1 });
  await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(ana.id).run();
  const late = await handIn(ana, task.id);
  expect([late.status, late.code]).toEqual([401, "TOKEN_REVOKED"]);
});

test("however much it is", async () => {
  const { ana, id } = await workInReview();
  const row = await env.DB.prepare("SELECT * FROM submissions WHERE id = ?").bind(id).first();
  const names = Object.keys(row ?? {});
  const copy = env.DB.prepare(`INSERT INTO submissions (${names.join()}) VALUES (${names.map(() => "?").join()})`);
  const copies = Array.from({ length: 60 }, (_, i): Record<string, unknown> => ({
    ...row,
    id: newId(),
    attempt: i + 2,
  }));
  await env.DB.batch(copies.map((one) => copy.bind(...names.map((name) => one[name]))));
  await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(ana.id).run();
  await changed(ana.id, "status");
  const count = env.DB.prepare("SELECT status, count(*) AS n FROM submissions WHERE author_id = ? GROUP BY status");
  await eventually(
    async () => (await count.bind(ana.id).all()).results,
    (rows) => rows.length === 1 && rows[0]?.["status"] === "withdrawn" && rows[0]["n"] === 61,
  );
  const moves = env.DB.prepare(
    "SELECT count(*) AS n FROM submission_moves m JOIN submissions s ON s.id = m.submission_id WHERE s.author_id = ? AND m.status = 'withdrawn'",
  );
  expect(await moves.bind(ana.id).first("n")).toBe(61);
});
