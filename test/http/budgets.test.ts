import { beforeAll, expect, test } from "vitest";
import type { Answer } from "../helpers/client.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, challenge, goal, learner } from "../helpers/factories.ts";

const API = "/api/v1";

let ana: Learner;
let goalId: string;

beforeAll(async () => {
  ana = await learner();
  goalId = (await goal(ana, { visibility: "public" })).id;
});

async function spends(trips: number, status: number, asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  expect({ status: answer.status, code: answer.code }).toMatchObject({ status });
  expect(answer.roundTrips).toBeLessThanOrEqual(trips);
  return answer;
}

test("reading costs one round trip", async () => {
  const work = await challenge(ana, goalId);
  const handedIn = await post(
    `${API}/submissions`,
    { challengeId: work.id, content: { text: "one two three" } },
    ana.token,
  );
  const paths = [
    "users/me",
    "users/me/xp",
    "users/me/streak",
    "goals",
    "goals?status=active&category=general",
    `goals/${goalId}`,
    `challenges?goalId=${goalId}`,
    `challenges/${work.id}`,
    "submissions",
    `submissions/${handedIn.data.id}`,
    "rooms",
    "leaderboard",
    `leaderboard/user/${ana.id}`,
    `ai/jobs/${handedIn.data.feedbackJobId}`,
  ];
  const costs: Record<string, number> = {};
  for (const path of paths) {
    const answer = await get(`${API}/${path}`, ana.token);
    expect([path, answer.status]).toEqual([path, 200]);
    if (answer.roundTrips > 1) costs[path] = answer.roundTrips;
  }
  expect(costs).toEqual({});
  expect((await get(`${API}/users/me`, ana.token)).roundTrips).toBe(1);
});

test("signing in and out", async () => {
  const email = "budget@example.org";
  const made = await spends(3, 201, post(`${API}/auth/register`, { email, password: PASSWORD }));
  const login = await spends(2, 200, post(`${API}/auth/login`, { email, password: PASSWORD }));
  const unknown = await spends(2, 401, post(`${API}/auth/login`, { email: "nobody@example.org", password: PASSWORD }));
  const wrong = await spends(2, 401, post(`${API}/auth/login`, { email, password: "Wrong-Harbour-7" }));
  expect(unknown.roundTrips).toBe(wrong.roundTrips);
  await spends(2, 200, post(`${API}/auth/refresh`, { refreshToken: login.data.refreshToken }));
  await spends(1, 204, post(`${API}/auth/logout`, {}, made.data.accessToken));
});

test("writing", async () => {
  const made = await spends(
    1,
    201,
    post(`${API}/goals`, { title: "Cheap", milestones: [{ title: "a" }, { title: "b" }] }, ana.token),
  );
  await spends(2, 200, patch(`${API}/goals/${made.data.id}`, { title: "Cheaper" }, ana.token));
  await spends(
    3,
    200,
    call("PUT", `${API}/goals/${made.data.id}/milestones/${made.data.milestones[0].id}/completion`, {
      token: ana.token,
    }),
  );
  const work = await spends(
    2,
    201,
    post(
      `${API}/challenges`,
      { goalId, title: "x", kind: "text", rules: {}, maxAttempts: 100, requiresVerdict: true },
      ana.token,
    ),
  );
  const body = { challengeId: work.data.id, content: { text: "Hola" } };
  const handedIn = await spends(2, 201, post(`${API}/submissions`, body, ana.token));
  await spends(3, 201, post(`${API}/submissions`, body, ana.token, { headers: { "Idempotency-Key": "budget" } }));
  await spends(2, 200, post(`${API}/submissions/${handedIn.data.id}/withdraw`, {}, ana.token));
});

test("what is refused at the border costs nothing", async () => {
  await spends(0, 401, get(`${API}/goals`));
  await spends(0, 401, get(`${API}/goals`, "a.b.c"));
  await spends(0, 400, post(`${API}/goals`, {}, ana.token));
  await spends(0, 400, get(`${API}/goals?cursor=x`, ana.token));
  await spends(0, 404, get("/nope"));
});
