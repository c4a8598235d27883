import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import { CRON_JOBS } from "../../src/cron/jobs.ts";
import { runJob } from "../../src/cron/run.ts";
import { batch } from "../../src/db/client.ts";
import { wasRefused } from "../../src/db/guard.ts";
import { pushToLearners } from "../../src/features/reviews/assignment.ts";
import { moveClock } from "../../src/platform/clock.ts";
import type { Answer } from "../helpers/client.ts";
import { call, eventually, get, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, challenge, goal, learner } from "../helpers/factories.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const API = "/api/v1";
const COMMENT = "Clear and brave: I understood every sentence of it.";
const RUBRIC = [
  { criterion: "Grammar", description: "Verbs agree with their subject", weight: 3 },
  { criterion: "Courage", description: "Says more than it must", weight: 1 },
];

let owner: Learner;
let goalId: string;

/** A circle of its own for each test, and nothing left for teachers, who reach every circle. */
beforeEach(async () => {
  await env.DB.prepare("UPDATE submissions SET status = 'withdrawn' WHERE status = 'in_review'").run();
  owner = await learner();
  goalId = (await goal(owner, { visibility: "public" })).id;
});

afterEach(() => moveClock(0));

const put = (path: string, body: unknown, token: string) => call("PUT", `${API}${path}`, { body, token });
const remove = (path: string, token: string) => call("DELETE", `${API}${path}`, { token });
const next = (by: Learner) => post(`${API}/reviews/assignments/next`, undefined, by.token);
const assignmentsOf = async (by: Learner, query = "") =>
  (await get(`${API}/reviews/assignments${query}`, by.token)).data as Assigned[];

interface Assigned {
  id: string;
  state: string;
  expiresAt: string;
  submission: { id: string };
}

const scored = (grammar: number, courage = grammar, more: object = {}) => ({
  scores: [
    { criterion: "Grammar", score: grammar },
    { criterion: "Courage", score: courage },
  ],
  comment: COMMENT,
  ...more,
});

const review = (by: Learner, submissionId: string, body: object = scored(4)): Promise<Answer> =>
  put(`/submissions/${submissionId}/review`, body, by.token);

async function member(fields: Record<string, unknown> = {}): Promise<Learner> {
  const one = await learner(fields);
  await post(`${API}/goals/${goalId}/join`, undefined, one.token);
  return one;
}

/** The first people of the circle; take as many as a test needs. */
const members = async () => [await member(), await member(), await member()] as const;
const pair = async () => [await member(), await member()] as const;

async function teacher(): Promise<Learner> {
  const one = await learner();
  await env.DB.prepare("UPDATE users SET role = 'teacher' WHERE id = ?").bind(one.id).run();
  const { data } = await post(`${API}/auth/login`, { email: one.email, password: PASSWORD });
  return { ...one, token: data.accessToken };
}

const task = (fields: Record<string, unknown> = {}) =>
  challenge(owner, goalId, { peerReviews: 1, rubric: RUBRIC, ...fields });

/** Hands in work and waits until reviewers were looked for. */
async function handIn(by: Learner, challengeId: string, text = "Hola, me llamo Mei"): Promise<string> {
  const answer = await post(`${API}/submissions`, { challengeId, content: { text }, requestFeedback: false }, by.token);
  expect([answer.status, answer.data?.status]).toEqual([201, "in_review"]);
  await settled("submission.in_review", answer.data.id);
  return answer.data.id;
}

/** Waits until the events of a submission were reacted to. */
const settled = (type: string, submissionId: string) =>
  eventually(
    () =>
      env.DB.prepare(
        "SELECT count(*) AS n FROM outbox WHERE queue = 'events' AND message ->> 'type' = ? AND message ->> 'submissionId' = ?",
      )
        .bind(type, submissionId)
        .first<number>("n"),
    (left) => left === 0,
  );

async function cron(name: string): Promise<void> {
  const job = CRON_JOBS.find((one) => one.name === name);
  if (!job) throw new Error(`no job ${name}`);
  const waits: Promise<unknown>[] = [];
  await runJob(createContext(env, { waitUntil: (work) => waits.push(work) }), job);
  await Promise.all(waits);
}

const submissionOf = async (id: string, by: Learner) => (await get(`${API}/submissions/${id}`, by.token)).data;

const rowsOf = async (submissionId: string) =>
  (
    await env.DB.prepare("SELECT reviewer_id, state, kind FROM review_assignments WHERE submission_id = ? ORDER BY id")
      .bind(submissionId)
      .all<{ reviewer_id: string; state: string; kind: string }>()
  ).results;

const qualityOf = async (by: Learner) => (await get(`${API}/reviews/quality`, by.token)).data;

const xpOf = async (by: Learner, reason: string) =>
  (
    await env.DB.prepare("SELECT amount FROM xp_entries WHERE user_id = ? AND reason = ?")
      .bind(by.id, reason)
      .all<{ amount: number }>()
  ).results.map(({ amount }) => amount);

test("work in review is pushed to learners with least to do, never to its author nor to teachers", async () => {
  const [ana, ben, thea] = [await member(), await member(), await teacher()];
  await post(`${API}/goals/${goalId}/join`, undefined, thea.token);
  const work = await handIn(ana, (await task({ peerReviews: 5 })).id);
  const rows = await rowsOf(work);
  expect(rows.map((row) => row.reviewer_id).sort()).toEqual([ben.id, owner.id].sort());
  const [mine] = await assignmentsOf(ben);
  expect(mine).toMatchObject({ state: "open", submission: { id: work, rubric: RUBRIC }, extendedAt: null });
  expect(JSON.stringify(mine)).not.toContain(ana.id);
  expect(JSON.stringify(mine)).not.toContain(ana.username);
  expect(await assignmentsOf(ana)).toEqual([]);
  const claimed = await next(thea);
  expect([claimed.status, claimed.data.submission.id]).toEqual([201, work]);
});

test("a review decides, pays and shows both sides who they were", async () => {
  const [ana, ben] = await pair();
  const { id: challengeId } = await task({ peerReviews: 2, points: 20 });
  const work = await handIn(ana, challengeId);
  expect((await next(ben)).data.submission.id).toBe(work);
  const first = await review(ben, work, scored(5, 1));
  expect(first.status).toBe(200);
  expect(first.roundTrips).toBe(2);
  expect(await xpOf(ben, "review")).toEqual([10]);

  const [blind] = (await get(`${API}/submissions/${work}/reviews`, ana.token)).data;
  expect(blind).toMatchObject({ reviewer: null, createdAt: null, updatedAt: null, comment: COMMENT });
  expect(JSON.stringify(blind)).not.toContain(ben.id);
  expect(blind.id.slice(0, 13)).toBe(work.slice(0, 13));
  expect((await put(`/reviews/${blind.id}/rating`, { helpful: 5 }, ana.token)).code).toBe("NOT_DECIDED");

  expect((await submissionOf(work, ana)).reviews).toEqual([blind]);
  expect((await submissionOf(work, ben)).reviews).toEqual([first.data]);
  expect((await submissionOf(work, ben)).author).toBeNull();
  expect((await submissionOf(work, owner)).reviews).toEqual([]);

  const edited = await review(ben, work, scored(4, 4));
  expect([edited.status, edited.data.id]).toEqual([200, first.data.id]);
  expect(await xpOf(ben, "review")).toEqual([10]);
  expect((await review(owner, work, scored(4, 2))).status).toBe(200);

  const done = await submissionOf(work, ana);
  expect(done).toMatchObject({ status: "accepted", score: 69 });
  expect(done.decidedAt).not.toBeNull();
  expect(await xpOf(ana, "challenge")).toEqual([22]);
  const shown = (await get(`${API}/submissions/${work}/reviews`, ana.token)).data;
  expect(shown.map((one: { reviewer: { id: string } }) => one.reviewer.id).sort()).toEqual([ben.id, owner.id].sort());
  expect((await get(`${API}/submissions/${work}/reviews`, ben.token)).data).toHaveLength(2);
  expect((await review(ben, work, scored(1))).code).toBe("REVIEW_CLOSED");
  expect((await assignmentsOf(ben)).map(({ state }) => state)).toEqual(["done"]);
});

test(
  "of fifty who race for the last slot one wins; the rest get the next work or nothing",
  { timeout: 90_000 },
  async () => {
    const ana = await member();
    const { id: challengeId } = await task({ peerReviews: 1 });
    const racers = await Promise.all(Array.from({ length: 50 }, () => learner()));
    const work = await handIn(ana, challengeId);
    const other = await handIn(ana, (await task({ peerReviews: 2 })).id);
    await env.DB.prepare("DELETE FROM review_assignments").run();
    await env.DB.batch(
      racers.map(({ id }) =>
        env.DB.prepare("INSERT INTO goal_members (goal_id, user_id, joined_at) VALUES (?, ?, 0)").bind(goalId, id),
      ),
    );
    const answers = await Promise.all(racers.map(next));
    expect(
      answers
        .filter(({ status }) => status === 201)
        .map(({ data }) => data.submission.id)
        .sort(),
    ).toEqual([work, other, other].sort());
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(47);
    expect(answers.map(({ roundTrips }) => roundTrips)).toEqual(Array(50).fill(1));
    expect(await rowsOf(work)).toHaveLength(1);
    expect(await rowsOf(other)).toHaveLength(2);
  },
);

test("two last reviews at once decide once, and pay the author once", async () => {
  const [ana, ben, chi] = await members();
  const { id: challengeId } = await task({ peerReviews: 3 });
  const work = await handIn(ana, challengeId);
  expect(await rowsOf(work)).toHaveLength(3);
  const answers = await Promise.all([review(ben, work), review(chi, work), review(owner, work)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await submissionOf(work, ana)).toMatchObject({ status: "accepted", score: 75 });
  expect(await xpOf(ana, "challenge")).toHaveLength(1);
  const moves = await env.DB.prepare(
    "SELECT count(*) AS n FROM submission_moves WHERE submission_id = ? AND status = 'accepted'",
  )
    .bind(work)
    .first<number>("n");
  expect(moves).toBe(1);
  for (const one of [ben, chi, owner]) expect((await qualityOf(one)).reliability).toBeGreaterThan(0.68);
});

test("a lease ends while its reviewer writes: they may hand in while nobody took the slot", async () => {
  const [ana, ben] = await pair();
  const { id: challengeId } = await task();
  const work = await handIn(ana, challengeId);
  const [row] = await rowsOf(work);
  const [first, second] = row?.reviewer_id === ben.id ? [ben, owner] : [owner, ben];
  moveClock(9 * HOUR_MS);
  const [lapsed] = await assignmentsOf(first);
  expect(lapsed?.state).toBe("expired");
  expect((await post(`${API}/reviews/assignments/${lapsed?.id}/extend`, undefined, first.token)).code).toBe(
    "LEASE_EXPIRED",
  );
  await cron("expire-review-leases");
  await settled("review.slot_freed", work);
  expect((await rowsOf(work)).map(({ state }) => state).sort()).toEqual(["expired", "open"]);
  expect((await assignmentsOf(second, "?state=open")).map(({ submission }) => submission.id)).toEqual([work]);
  expect((await review(first, work)).code).toBe("LEASE_EXPIRED");

  moveClock(18 * HOUR_MS);
  expect((await review(first, work)).status).toBe(200);
  expect(await submissionOf(work, ana)).toMatchObject({ status: "accepted" });
  expect((await rowsOf(work)).filter(({ state }) => state === "done")).toHaveLength(1);
});

test("a lease is extended once, and given back for somebody else", async () => {
  const [ana, ben, chi] = await members();
  const work = await handIn(ana, (await task({ peerReviews: 2 })).id);
  const people = new Map([ben, chi, owner].map((one) => [one.id, one]));
  const [row] = await rowsOf(work);
  const holder = people.get(row?.reviewer_id ?? "") ?? ben;
  const { data: lease } = await next(holder);
  const longer = await post(`${API}/reviews/assignments/${lease.id}/extend`, undefined, holder.token);
  expect(Date.parse(longer.data.expiresAt) - Date.parse(lease.expiresAt)).toBe(8 * HOUR_MS);
  expect((await post(`${API}/reviews/assignments/${lease.id}/extend`, undefined, holder.token)).code).toBe(
    "ALREADY_EXTENDED",
  );
  expect((await post(`${API}/reviews/assignments/${lease.id}/extend`, undefined, ana.token)).status).toBe(404);
  expect((await remove(`/reviews/assignments/${lease.id}`, ana.token)).status).toBe(404);
  expect((await remove(`/reviews/assignments/${lease.id}`, holder.token)).status).toBe(204);
  expect((await remove(`/reviews/assignments/${lease.id}`, holder.token)).status).toBe(204);
  await settled("review.slot_freed", work);
  const open = (await rowsOf(work)).filter(({ state }) => state === "open").map((one) => one.reviewer_id);
  expect(open).toHaveLength(2);
  expect(open).not.toContain(holder.id);
  expect((await review(holder, work)).code).toBe("LEASE_EXPIRED");
  expect((await next(holder)).status).toBe(204);
});

test("the author withdraws: whoever was to review it need not", async () => {
  const [ana, ben] = await pair();
  const work = await handIn(ana, (await task({ peerReviews: 2 })).id);
  const [lease] = await assignmentsOf(ben);
  expect((await post(`${API}/submissions/${work}/withdraw`, undefined, ana.token)).status).toBe(200);
  expect((await assignmentsOf(ben)).map(({ state }) => state)).toEqual(["returned"]);
  expect((await review(ben, work)).code).toBe("REVIEW_CLOSED");
  expect((await next(ben)).status).toBe(204);
  expect((await remove(`/reviews/assignments/${lease?.id}`, ben.token)).status).toBe(204);
});

test("pairs that would review each other are avoided while there is another choice", async () => {
  const [ana, ben, chi] = await members();
  const { id: challengeId } = await task({ peerReviews: 1 });
  const reviewerOf = async (work: string) => (await rowsOf(work))[0]?.reviewer_id;
  const first = await handIn(ana, challengeId);
  const reviewer = [ben, chi, owner].find(({ id }) => id !== owner.id) ?? ben;
  await env.DB.prepare("UPDATE review_assignments SET reviewer_id = ? WHERE submission_id = ?")
    .bind(reviewer.id, first)
    .run();
  for (let i = 0; i < 2; i += 1) {
    const work = await handIn(reviewer, (await task({ peerReviews: 1 })).id);
    expect(await reviewerOf(work)).not.toBe(ana.id);
  }
  const pulled = await handIn(reviewer, (await task({ peerReviews: 1 })).id);
  const fair = await handIn(owner, (await task({ peerReviews: 1 })).id);
  await env.DB.prepare("DELETE FROM review_assignments WHERE submission_id IN (?, ?)").bind(pulled, fair).run();
  await env.DB.prepare("UPDATE review_assignments SET state = 'returned' WHERE reviewer_id = ?").bind(ana.id).run();
  expect((await next(ana)).data.submission.id).toBe(fair);
  expect((await next(ana)).data.submission.id).toBe(pulled);
});

test("blocked people never meet, whoever blocked whom, and leases between them end", async () => {
  const [ana, ben, chi] = await members();
  expect((await put(`/users/${ana.username}/block`, undefined, ana.token)).code).toBe("NOT_YOURSELF");
  expect((await put("/users/nobody_at_all/block", undefined, ana.token)).status).toBe(404);
  expect((await put(`/users/${ana.username}/block`, undefined, ben.token)).status).toBe(204);
  expect((await put(`/users/${ana.username}/block`, undefined, ben.token)).status).toBe(204);
  const mine = await get(`${API}/users/me/blocks`, ben.token);
  expect(mine.data.map((one: { user: { username: string } }) => one.user.username)).toEqual([ana.username]);
  expect((await get(`${API}/users/me/blocks`, ana.token)).data).toEqual([]);

  const work = await handIn(ana, (await task({ peerReviews: 3 })).id);
  expect((await rowsOf(work)).map((row) => row.reviewer_id)).not.toContain(ben.id);
  expect((await next(ben)).status).toBe(204);
  await put(`/users/${chi.username}/block`, undefined, ana.token);
  await eventually(
    () => rowsOf(work),
    (rows) => rows.find((row) => row.reviewer_id === chi.id)?.state === "returned",
  );
  expect((await remove(`/users/${ana.username}/block`, ben.token)).status).toBe(204);
  expect((await next(ben)).data.submission.id).toBe(work);
});

test("a teacher's verdict decides at any time, and is waited for where it is required", async () => {
  const [ana, ben, thea] = [await member(), await member(), await teacher()];
  const strict = await handIn(ana, (await task({ requiresVerdict: true })).id);
  const [row] = await rowsOf(strict);
  const peer = row?.reviewer_id === ben.id ? ben : owner;
  expect((await review(peer, strict, scored(5, 5, { verdict: "accept" }))).code).toBe("FORBIDDEN");
  expect((await review(peer, strict, scored(1))).status).toBe(200);
  expect(await submissionOf(strict, ana)).toMatchObject({ status: "in_review", score: null });
  const claimed = await next(thea);
  expect([claimed.status, claimed.data?.submission.id]).toEqual([201, strict]);
  const verdict = await review(thea, strict, scored(5, 5, { verdict: "accept" }));
  expect(verdict.data).toMatchObject({ verdict: "accept" });
  expect(await submissionOf(strict, ana)).toMatchObject({ status: "accepted", score: 100 });
  expect((await qualityOf(peer)).reliability).toBeLessThan(0.68);

  const early = await handIn(ana, (await task({ peerReviews: 5 })).id);
  expect((await review(thea, early, scored(2, 2, { verdict: "needs_work" }))).status).toBe(200);
  expect(await submissionOf(early, ana)).toMatchObject({ status: "needs_work", score: 25 });
  expect((await rowsOf(early)).map(({ state }) => state).sort()).toEqual(["done", "returned", "returned"]);
  expect((await next(ben)).status).toBe(204);
});

test("a verdict may do without scores: then the peers' count, or nobody's", async () => {
  const [ana, ben, thea] = [await member(), await member(), await teacher()];
  const bare = (verdict: string) => ({ comment: COMMENT, verdict });
  const alone = await handIn(ana, (await task({ requiresVerdict: true, peerReviews: 0, rubric: [] })).id);
  expect((await review(thea, alone, { comment: COMMENT })).body.error.details[0].path).toBe("body.scores");
  expect((await review(thea, alone, { ...bare("accept"), scores: [] })).data).toMatchObject({ scores: [] });
  expect(await submissionOf(alone, ana)).toMatchObject({ status: "accepted", score: null });

  const read = await handIn(ana, (await task({ peerReviews: 5 })).id);
  const [row] = await rowsOf(read);
  expect((await review(row?.reviewer_id === ben.id ? ben : owner, read, scored(3))).status).toBe(200);
  expect((await review(thea, read, bare("needs_work"))).status).toBe(200);
  expect(await submissionOf(read, ana)).toMatchObject({ status: "needs_work", score: 50 });
});

test("criteria are known by their name however it is written, and one alone by any", async () => {
  const [ana, thea] = [await member(), await teacher()];
  const rubric = await handIn(ana, (await task({ requiresVerdict: true })).id);
  const scores = ["GRAMMAR", "courage"].map((criterion) => ({ criterion, score: 4 }));
  const named = await review(thea, rubric, { scores, comment: COMMENT, verdict: "accept" });
  expect(named.data.scores.map(({ criterion }: { criterion: string }) => criterion)).toEqual(["Grammar", "Courage"]);
  const whole = await handIn(ana, (await task({ requiresVerdict: true, rubric: [] })).id);
  const one = await review(thea, whole, {
    scores: [{ criterion: "All of it", score: 5 }],
    comment: COMMENT,
    verdict: "accept",
  });
  expect(one.data.scores).toEqual([{ criterion: "Overall", score: 5 }]);
  expect(await submissionOf(whole, ana)).toMatchObject({ status: "accepted", score: 100 });
});

test("a review is rated once, by the author, and pays by its rating; a lone reviewer's agreement moves nothing", async () => {
  const [ana, ben] = await pair();
  await env.DB.prepare("DELETE FROM reviewers").run();
  const work = await handIn(ana, (await task()).id);
  const [row] = await rowsOf(work);
  const reviewer = row?.reviewer_id === ben.id ? ben : owner;
  const { data: mine } = await review(reviewer, work);
  expect(await qualityOf(reviewer)).toMatchObject({ reviewsGiven: 1, reviewsReceived: 0, agreement: null });
  expect((await qualityOf(reviewer)).reliability).toBeCloseTo(0.68);
  expect((await qualityOf(ana)).reviewsReceived).toBe(1);

  const rate = (by: Learner, body: object = { helpful: 5, comment: "Thank you!" }) =>
    put(`/reviews/${mine.id}/rating`, body, by.token);
  expect((await rate(reviewer)).status).toBe(404);
  expect((await rate(ana, { helpful: 6 })).status).toBe(400);
  const answers = await Promise.all([rate(ana), rate(ana), rate(ana)]);
  expect(answers.map(({ status, code }) => `${status} ${code ?? ""}`).sort()).toEqual([
    "200 ",
    "409 ALREADY_RATED",
    "409 ALREADY_RATED",
  ]);
  expect(await xpOf(reviewer, "review_rating")).toEqual([10]);
  expect(await qualityOf(reviewer)).toMatchObject({ helpfulness: 5 });
  expect((await qualityOf(reviewer)).reliability).toBeGreaterThan(0.68);
});

test("whom the work is not assigned to may not review it; scores cover the rubric as handed in", async () => {
  const [ana, ben, chi] = await members();
  const stranger = await learner();
  const { id: challengeId } = await task();
  const work = await handIn(ana, challengeId);
  const [row] = await rowsOf(work);
  const people = [ben, chi, owner];
  const reviewer = people.find(({ id }) => id === row?.reviewer_id) ?? ben;
  const other = people.find(({ id }) => id !== row?.reviewer_id) ?? chi;
  expect((await review(ana, work)).code).toBe("FORBIDDEN");
  expect((await review(other, work)).code).toBe("FORBIDDEN");
  expect((await review(stranger, work)).status).toBe(404);
  expect((await get(`${API}/submissions/${work}/reviews`, stranger.token)).status).toBe(404);
  expect((await get(`${API}/submissions/${work}/reviews`, other.token)).code).toBe("FORBIDDEN");

  await env.DB.prepare("UPDATE challenges SET rubric = '[]' WHERE id = ?").bind(challengeId).run();
  const refused = async (body: object) => {
    const { status, body: answer } = await review(reviewer, work, body);
    return [status, answer.error?.details?.map((one: { path: string; code: string }) => `${one.path} ${one.code}`)];
  };
  expect(await refused({ scores: [{ criterion: "Grammar", score: 3 }], comment: COMMENT })).toEqual([
    400,
    ["body.scores incomplete"],
  ]);
  expect(await refused({ ...scored(3), scores: [...scored(3).scores, { criterion: "Spelling", score: 3 }] })).toEqual([
    400,
    ["body.scores[2].criterion unknown"],
  ]);
  expect((await review(reviewer, work, { ...scored(3), comment: "too short" })).status).toBe(400);
  expect((await review(reviewer, work, scored(6))).status).toBe(400);
  expect((await review(reviewer, work)).status).toBe(200);
});

test("after seven days one review is enough; with none a teacher is asked", async () => {
  const [ana, ben] = await pair();
  const started = await handIn(ana, (await task({ peerReviews: 5 })).id);
  const forgotten = await handIn(ana, (await task({ peerReviews: 5 })).id);
  expect((await review(ben, started, scored(3, 5))).status).toBe(200);
  expect(await submissionOf(started, ana)).toMatchObject({ status: "in_review" });
  await env.DB.prepare("UPDATE users SET role = 'student' WHERE role = 'teacher'").run();
  const thea = await teacher();
  moveClock(7 * DAY_MS - HOUR_MS);
  await cron("expire-review-leases");
  await cron("rescue-stuck-reviews");
  expect(await submissionOf(started, ana)).toMatchObject({ status: "in_review" });

  moveClock(7 * DAY_MS + HOUR_MS);
  await cron("expire-review-leases");
  await cron("rescue-stuck-reviews");
  expect(await submissionOf(started, ana)).toMatchObject({ status: "accepted", score: 63 });
  expect((await qualityOf(ben)).agreement).toBeNull();
  expect((await rowsOf(forgotten)).find(({ kind }) => kind === "verdict")).toMatchObject({
    reviewer_id: thea.id,
    state: "open",
  });
  await cron("rescue-stuck-reviews");
  expect((await rowsOf(forgotten)).filter(({ kind }) => kind === "verdict")).toHaveLength(1);
  const { data: asked } = await next(thea);
  expect(asked.submission.id).toBe(forgotten);
  expect((await review(thea, forgotten, scored(1))).status).toBe(200);
  expect(await submissionOf(forgotten, ana)).toMatchObject({ status: "needs_work", score: 0 });
});

test("now and then a reference is handed out, looking like any other; it proves the reviewer and pays", async () => {
  const [ana, ben, thea] = [await member(), await member(), await teacher()];
  const old = await handIn(ana, (await task()).id);
  const reference = { scores: scored(5, 5).scores };
  expect((await put(`/submissions/${old}/reference`, reference, thea.token)).code).toBe("NOT_DECIDED");
  await review(thea, old, scored(5, 5, { verdict: "accept" }));
  expect((await put(`/submissions/${old}/reference`, reference, ben.token)).status).toBe(403);
  expect((await put(`/submissions/${old}/reference`, reference, thea.token)).data).toMatchObject(reference);
  expect((await put(`/submissions/${old}/reference`, { scores: [] }, thea.token)).status).toBe(400);

  await env.DB.prepare("DELETE FROM review_assignments WHERE reviewer_id = ?").bind(ben.id).run();
  const handed: { keys: string; id: string }[] = [];
  for (let i = 0; i < 5; i += 1) {
    const work = await handIn(ana, (await task()).id);
    await env.DB.prepare("DELETE FROM review_assignments WHERE submission_id = ?").bind(work).run();
    const { status, data } = await next(ben);
    expect(status).toBe(201);
    handed.push({
      keys: JSON.stringify([Object.keys(data), Object.keys(data.submission), data.state]),
      id: data.submission.id,
    });
  }
  expect(new Set(handed.map(({ keys }) => keys)).size).toBe(1);
  expect(handed.filter(({ id }) => id === old)).toHaveLength(1);
  const seen = await submissionOf(old, ben);
  expect(seen).toMatchObject({ status: "in_review", author: null, score: null, decidedAt: null, reviews: [] });
  expect(seen.history.map(({ status }: { status: string }) => status)).toEqual(["in_review"]);
  const { data: listed } = await get(`${API}/submissions/challenge/${seen.challengeId}`, ben.token);
  expect(listed).toEqual([expect.objectContaining({ id: old, status: "in_review", author: null })]);
  expect(listed[0]).not.toHaveProperty("history");
  const before = (await qualityOf(ben)).reliability;
  const answer = await review(ben, old, scored(5, 4));
  expect([answer.status, Object.keys(answer.data).length]).toEqual([200, 10]);
  expect((await qualityOf(ben)).reliability).toBeGreaterThan(before);
  expect(await xpOf(ben, "review")).toEqual([10]);
  expect(await submissionOf(old, ana)).toMatchObject({ status: "accepted", score: 100 });
  expect((await get(`${API}/submissions/${old}/reviews`, ana.token)).data).toHaveLength(1);
  expect((await get(`${API}/submissions/${old}/reviews`, ben.token)).data.map((one: { id: string }) => one.id)).toEqual(
    [answer.data.id],
  );
  expect((await remove(`/submissions/${old}/reference`, thea.token)).status).toBe(204);
});

test("somebody suspended is asked no more, and what they had goes to others", async () => {
  const [ana, ben, chi] = await members();
  const work = await handIn(ana, (await task({ peerReviews: 3 })).id);
  await env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = ?").bind(ben.id).run();
  const event = JSON.stringify({
    id: crypto.randomUUID(),
    version: 1,
    body: { type: "user.changed", userId: ben.id, what: "status" },
  });
  await env.EVENTS_QUEUE.send(JSON.parse(event));
  await eventually(
    () => rowsOf(work),
    (rows) => rows.find((row) => row.reviewer_id === ben.id)?.state === "returned",
  );
  expect((await next(ben)).status).not.toBe(201);
  expect((await review(ben, work)).status).toBeGreaterThanOrEqual(400);
  expect((await assignmentsOf(chi)).map(({ submission }) => submission.id)).toEqual([work]);
  const later = await handIn(ana, (await task({ peerReviews: 5 })).id);
  expect((await rowsOf(later)).map((row) => row.reviewer_id)).not.toContain(ben.id);
});

test("ten reviews a local day are paid", async () => {
  const [ana, ben] = await pair();
  const works: string[] = [];
  for (let i = 0; i < 11; i += 1) works.push(await handIn(ana, (await task({ peerReviews: 2 })).id));
  for (const work of works) expect((await review(ben, work)).status).toBe(200);
  expect(await xpOf(ben, "review")).toEqual(Array(10).fill(10));
  expect((await qualityOf(ben)).reviewsGiven).toBe(11);
});

test("whoever has mastered the challenge may review it without being of the circle; a stranger may not", async () => {
  const [ana, ben] = await pair();
  const thea = await teacher();
  const { id: challengeId } = await task({ peerReviews: 3 });
  const first = await handIn(ben, challengeId);
  await review(thea, first, scored(5, 5, { verdict: "accept" }));
  await remove(`/goals/${goalId}/join`, ben.token);
  const work = await handIn(ana, challengeId);
  expect((await rowsOf(work)).map((row) => row.reviewer_id).sort()).toEqual([ben.id, owner.id].sort());
  expect((await review(ben, work)).status).toBe(200);
  expect((await next(await learner())).status).toBe(204);
});

test("work without a rubric is judged as a whole", async () => {
  const [ana, ben] = await pair();
  const work = await handIn(ana, (await task({ peerReviews: 2, rubric: [] })).id);
  const { data: lease } = await next(ben);
  const [whole] = lease.submission.rubric;
  expect(lease.submission.rubric).toHaveLength(1);
  const answer = await review(ben, work, { scores: [{ criterion: whole.criterion, score: 4 }], comment: COMMENT });
  expect(answer.status).toBe(200);
});

test("a claim that is sent again with its key is the same claim; reading costs one round trip", async () => {
  const [ana, ben] = await pair();
  const work = await handIn(ana, (await task({ peerReviews: 2 })).id);
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  const claimOnce = () => post(`${API}/reviews/assignments/next`, undefined, ben.token, { headers });
  const [first, again] = [await claimOnce(), await claimOnce()];
  expect([first.status, again.status, again.headers.get("Idempotency-Replayed")]).toEqual([201, 201, "true"]);
  expect(again.data).toEqual(first.data);
  expect((await next(ben)).status).toBe(204);
  await review(ben, work);
  for (const path of [
    "reviews/assignments?state=done",
    "reviews/quality",
    `submissions/${work}/reviews`,
    `submissions/${work}`,
  ])
    expect([path, (await get(`${API}/${path}`, ben.token)).roundTrips]).toEqual([path, 1]);
  expect((await get(`${API}/users/me/blocks`, ben.token)).roundTrips).toBe(1);
});

test("the first version of a review sent twice at once is one review, paid once", async () => {
  const [ana, ben] = await pair();
  const work = await handIn(ana, (await task({ peerReviews: 2 })).id);
  const answers = await Promise.all([
    review(ben, work, scored(3)),
    review(ben, work, scored(3)),
    review(ben, work, scored(3)),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(answers.map(({ data }) => data.id)).size).toBe(1);
  expect(await xpOf(ben, "review")).toEqual([10]);
  expect(await qualityOf(ben)).toMatchObject({ reviewsGiven: 1 });
});

test("reviews outlive their reviewer, whose leases go to others", async () => {
  const [ana, ben] = await pair();
  const { id: challengeId } = await task({ peerReviews: 2 });
  const work = await handIn(ana, challengeId);
  const open = await handIn(ana, (await task({ peerReviews: 2 })).id);
  await review(ben, work);
  await env.DB.prepare(
    "UPDATE users SET status = 'suspended', deleted_at = 1, display_name = 'Deleted user' WHERE id = ?",
  )
    .bind(ben.id)
    .run();
  await env.EVENTS_QUEUE.send({ id: crypto.randomUUID(), version: 1, body: { type: "user.deleted", userId: ben.id } });
  await eventually(
    () => rowsOf(open),
    (rows) => rows.find((row) => row.reviewer_id === ben.id)?.state === "returned",
  );
  await review(owner, work);
  const { data } = await get(`${API}/submissions/${work}/reviews`, ana.token);
  expect(data.map((one: { reviewer: { displayName: string } }) => one.reviewer.displayName)).toContain("Deleted user");
});

test("a push tells each reviewer of their lease, and writes nothing when a claim came between", async () => {
  const [ana, ben] = await pair();
  const work = await handIn(ana, (await task({ peerReviews: 2 })).id);
  await env.DB.prepare("DELETE FROM review_assignments WHERE submission_id = ?").bind(work).run();
  const ctx = createContext(env, { waitUntil: () => undefined });
  const push = await pushToLearners(ctx, work);
  const told = push.messages.map(({ envelope }) => envelope.body as { type: string; reviewerId: string });
  expect(told.map(({ type }) => type)).toEqual(["review.assigned", "review.assigned"]);
  expect(told.map(({ reviewerId }) => reviewerId).sort()).toEqual([ben.id, owner.id].sort());
  expect((await next(ben)).status).toBe(201);
  await expect(batch(ctx.db, push.statements)).rejects.toSatisfy(wasRefused);
  expect(await rowsOf(work)).toHaveLength(1);
});
