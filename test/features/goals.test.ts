import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { ServiceContext } from "../../src/context.ts";
import { createContext } from "../../src/context.ts";
import { updateGoal } from "../../src/features/goals/service.ts";
import type { UserActor } from "../../src/platform/actor.ts";
import { call, get, patch, post } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { challenge, goal, learner } from "../helpers/factories.ts";

const API = "/api/v1/goals";
const put = (path: string, body: unknown, by: Learner, headers: Record<string, string> = {}) =>
  call("PUT", path, { body, token: by.token, headers });
const remove = (path: string, by: Learner, headers: Record<string, string> = {}) =>
  call("DELETE", path, { token: by.token, headers });
const ids = (list: { id: string }[]) => list.map(({ id }) => id);
/** The events that a call of a service commits. */
async function toldBy(work: (ctx: ServiceContext) => Promise<unknown>): Promise<unknown[]> {
  const told: unknown[] = [];
  await work({
    ...createContext(env, { waitUntil: () => undefined }),
    relayLater: (messages) => told.push(...messages.map(({ envelope }) => envelope.body)),
  });
  return told;
}

test("PUT replaces every field, and leaves the milestones and the status", async () => {
  const ana = await learner();
  const made = await goal(ana, { description: "long", category: "Languages", tags: ["a"], visibility: "public" });
  const replaced = await put(`${API}/${made.id}`, { title: "Shorter" }, ana);
  expect(replaced.data).toMatchObject({
    title: "Shorter",
    description: "",
    category: "general",
    tags: [],
    visibility: "private",
    status: "active",
    milestones: made.milestones,
  });
  expect((await put(`${API}/${made.id}`, { description: "no title" }, ana)).code).toBe("VALIDATION_ERROR");
  const paused = await put(`${API}/${made.id}`, { title: "Shorter", status: "paused" }, ana);
  expect(paused.data.status).toBe("paused");
  const illegal = await put(`${API}/${made.id}`, { title: "Shorter", status: "completed" }, ana);
  expect([illegal.status, illegal.body.error.details.allowed]).toEqual([422, ["active", "archived"]]);
});

test("tags and categories are folded, trimmed, composed and named once", async () => {
  const ana = await learner();
  const decomposed = "Cafe\u0301";
  const made = await goal(ana, { category: "  Lan  Guages ", tags: [decomposed, "CAFÉ ", "#café", "c#", "Ａ"] });
  expect(made).toMatchObject({ category: "lan guages", tags: ["café", "c#", "ａ"] });
  const empty = await post(API, { title: "x", tags: ["ok", " # "] }, ana.token);
  expect(empty.body.error.details[0].path).toBe("body.tags[1]");
  expect((await post(API, { title: "x", milestones: [{ title: "m", weight: 11 }] }, ana.token)).status).toBe(400);
});

test("milestones: changed, ordered, deleted, and only as they were seen", async () => {
  const ana = await learner();
  const made = await goal(ana, { milestones: [{ title: "a", weight: 3 }, { title: "b" }, { title: "c" }] });
  const [a, b, c] = ids(made.milestones);
  const at = `${API}/${made.id}/milestones`;
  const etag = (await get(`${API}/${made.id}`, ana.token)).headers.get("ETag") ?? "";
  const seen = { "If-Match": etag };

  const ordered = await put(`${at}/order`, { ids: [c, a, b] }, ana, seen);
  expect(ids(ordered.data.milestones)).toEqual([c, a, b]);
  expect(ordered.data.milestones.map(({ position }: { position: number }) => position)).toEqual([0, 1, 2]);
  for (const wrong of [
    [a, b],
    [a, b, c, c],
    [a, b, made.id],
    [a, a, b],
  ])
    expect((await put(`${at}/order`, { ids: wrong }, ana)).body.error.details[0].path).toBe("body.ids");

  for (const stale of [
    put(`${at}/order`, { ids: [a, b, c] }, ana, seen),
    put(`${at}/${a}/completion`, undefined, ana, seen),
    remove(`${at}/${a}/completion`, ana, seen),
    remove(`${at}/${a}`, ana, seen),
    call("PATCH", `${at}/${a}`, { body: { title: "x" }, token: ana.token, headers: seen }),
    remove(`${API}/${made.id}`, ana, seen),
  ])
    expect([(await stale).status, (await stale).code]).toEqual([412, "PRECONDITION_FAILED"]);

  const changed = await patch(`${at}/${a}`, { title: "A", weight: 5, dueDate: "2027-01-01" }, ana.token);
  expect(changed.data).toMatchObject({ id: a, title: "A", weight: 5, dueDate: "2027-01-01", position: 1 });
  expect((await patch(`${at}/${a}`, { dueDate: null }, ana.token)).data).toMatchObject({ weight: 5, dueDate: null });
  expect((await remove(`${at}/${b}`, ana)).status).toBe(204);
  expect((await remove(`${at}/${b}`, ana)).status).toBe(404);
  const added = await post(at, { title: "d" }, ana.token);
  expect([added.status, added.data.position, added.data.weight]).toEqual([201, 2, 1]);
  expect(ids((await get(`${API}/${made.id}`, ana.token)).data.milestones)).toEqual([c, a, added.data.id]);
});

test("changes that meet all count, each made on top of the others; who said what they saw is told", async () => {
  const ana = await learner();
  const made = await goal(ana);
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => post(`${API}/${made.id}/milestones`, { title: `m${i}` }, ana.token)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(201));
  const seen = await get(`${API}/${made.id}`, ana.token);
  const { milestones } = seen.data;
  expect(milestones.map(({ position }: { position: number }) => position)).toEqual([...milestones.keys()]);
  expect(milestones).toHaveLength(7);

  const ticked = await Promise.all(
    ids(milestones).map((id) => put(`${API}/${made.id}/milestones/${id}/completion`, undefined, ana)),
  );
  expect(ticked.map(({ status }) => status)).toEqual(Array(7).fill(200));
  expect((await get(`${API}/${made.id}`, ana.token)).data.progress).toMatchObject({ milestonesDone: 7, percent: 100 });
  const paid = (await get("/api/v1/users/me/xp", ana.token)).data as { reason: string }[];
  expect(paid.filter(({ reason }) => reason === "milestone")).toHaveLength(5);

  const match = { "If-Match": (await get(`${API}/${made.id}`, ana.token)).headers.get("ETag") ?? "" };
  const edits = await Promise.all(["a", "b", "c"].map((title) => put(`${API}/${made.id}`, { title }, ana, match)));
  expect(edits.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
});

test("what a change answers bears the ETag that the next one may name", async () => {
  const ana = await learner();
  const made = await post(API, { title: "t", tags: ["B", "a"], milestones: [{ title: "m" }] }, ana.token);
  const path = `${API}/${made.data.id}`;
  const tagOf = ({ headers }: { headers: Headers }) => headers.get("ETag") ?? "none";
  expect(tagOf(made)).toBe(tagOf(await get(path, ana.token)));
  let tag = tagOf(made);
  const milestone = `${path}/milestones/${made.data.milestones[0].id}/completion`;
  for (const [method, at, body] of [
    ["PATCH", path, { description: "d" }],
    ["PUT", milestone, undefined],
    ["DELETE", milestone, undefined],
    ["PUT", path, { title: "u" }],
  ] as const) {
    const changed = await call(method, at, { body, token: ana.token, headers: { "If-Match": tag } });
    expect(changed.status).toBe(200);
    tag = tagOf(changed);
    expect(tagOf(await get(path, ana.token))).toBe(tag);
  }
});

test("days and instants are taken for each other, and null for what is left out", async () => {
  const ana = await learner();
  const days = await post(
    API,
    {
      title: "t",
      description: null,
      category: null,
      tags: null,
      startsAt: "2026-11-01",
      targetDate: "2027-05-01T23:30:00-05:00",
    },
    ana.token,
  );
  expect(days.data).toMatchObject({
    description: "",
    category: "general",
    tags: [],
    startsAt: "2026-11-01T00:00:00.000Z",
    targetDate: "2027-05-01",
  });
  const offset = await post(API, { title: "t", startsAt: "2026-11-01T01:00:00+02:00" }, ana.token);
  expect(offset.data.startsAt).toBe("2026-10-31T23:00:00.000Z");
  for (const wrong of ["soon", "2027-02-30", "2027-13-01T00:00:00Z", 5])
    for (const field of ["startsAt", "targetDate"]) {
      const refused = await post(API, { title: "t", [field]: wrong }, ana.token);
      expect(refused.body.error?.details[0].path).toBe(`body.${field}`);
    }
});

test("completing at 100 % pays once and is told; completing early does neither", async () => {
  const ana = await learner();
  const early = await goal(ana);
  expect((await patch(`${API}/${early.id}`, { status: "completed" }, ana.token)).data.status).toBe("completed");
  const done = await goal(ana, { milestones: [{ title: "only" }] });
  await put(`${API}/${done.id}/milestones/${done.milestones[0].id}/completion`, undefined, ana);
  const actor: UserActor = {
    ...ana,
    kind: "user",
    role: "student",
    sessionId: "",
    tokenId: "",
    expiresAt: new Date(0),
  };
  const complete = (id: string) => toldBy((ctx) => updateGoal(ctx, actor, id, { status: "completed" }, async () => {}));
  const xpMoved = { type: "xp.changed", userId: ana.id, scopes: ["global", `goal:${done.id}`, "category:general"] };
  expect(await complete(done.id)).toEqual([{ type: "goal.completed", goalId: done.id, userId: ana.id }, xpMoved]);
  await patch(`${API}/${early.id}`, { status: "active" }, ana.token);
  expect(await complete(early.id)).toEqual([]);
  await patch(`${API}/${done.id}`, { status: "active" }, ana.token);
  await complete(done.id);
  const paid = await env.DB.prepare("SELECT amount, source_id FROM xp_entries WHERE user_id = ? AND reason = 'goal'")
    .bind(ana.id)
    .all();
  expect(paid.results).toEqual([{ amount: 100, source_id: done.id }]);
});

test("percent is the weighted share, rounded down; archived challenges do not count", async () => {
  const ana = await learner();
  const made = await goal(ana, { milestones: [{ title: "a", weight: 2 }] });
  const tasks = [await challenge(ana, made.id), await challenge(ana, made.id), await challenge(ana, made.id)];
  await post("/api/v1/submissions", { challengeId: tasks[0].id, content: { text: "one two three" } }, ana.token);
  const read = async () => (await get(`${API}/${made.id}`, ana.token)).data.progress;
  expect(await read()).toEqual({
    percent: 20,
    milestonesDone: 0,
    milestonesTotal: 1,
    challengesDone: 1,
    challengesTotal: 3,
  });
  await put(`${API}/${made.id}/milestones/${made.milestones[0].id}/completion`, undefined, ana);
  expect((await read()).percent).toBe(60);
  const listed = await get(`${API}?status=active`, ana.token);
  expect(listed.data[0].progress).toEqual(await read());
  expect((await goal(ana, { milestones: [] })).progress.percent).toBe(0);
});

test("a circle: joined and left any number of times, never left by its owner, never a private goal's", async () => {
  const [owner, ben] = [await learner(), await learner()];
  const [open, hidden] = [await goal(owner, { visibility: "public" }), await goal(owner)];
  const join = (id: string, by: Learner) => post(`${API}/${id}/join`, undefined, by.token);
  expect([(await join(open.id, ben)).status, (await join(open.id, ben)).status]).toEqual([200, 200]);
  expect((await join(open.id, owner)).status).toBe(200);
  expect((await join(hidden.id, ben)).status).toBe(404);
  expect((await remove(`${API}/${hidden.id}/join`, ben)).status).toBe(404);
  const own = await remove(`${API}/${open.id}/join`, owner);
  expect([own.status, own.code]).toEqual([422, "OWNER_CANNOT_LEAVE"]);

  await patch(`${API}/${open.id}`, { visibility: "private" }, owner.token);
  expect((await get(`${API}/${open.id}`, ben.token)).status).toBe(404);
  expect((await remove(`${API}/${open.id}/join`, ben)).status).toBe(204);
  expect((await remove(`${API}/${open.id}/join`, ben)).status).toBe(404);
  await patch(`${API}/${open.id}`, { visibility: "public" }, owner.token);
  expect((await remove(`${API}/${open.id}/join`, ben)).status).toBe(204);
});

test("somebody else's goal: a public one is read, never changed; a private one is not there", async () => {
  const [owner, ben] = [await learner(), await learner()];
  for (const [visibility, read, write] of [
    ["public", 200, 403],
    ["private", 404, 404],
  ] as const) {
    const { id, milestones } = await goal(owner, { visibility });
    const step = `${API}/${id}/milestones/${milestones[0].id}`;
    expect((await get(`${API}/${id}`, ben.token)).status).toBe(read);
    const refused = await Promise.all([
      put(`${API}/${id}`, { title: "Mine" }, ben),
      patch(`${API}/${id}`, { title: "Mine" }, ben.token),
      remove(`${API}/${id}`, ben),
      post(`${API}/${id}/milestones`, { title: "Mine" }, ben.token),
      patch(step, { title: "Mine" }, ben.token),
      remove(step, ben),
      put(`${step}/completion`, undefined, ben),
      remove(`${step}/completion`, ben),
      put(`${API}/${id}/milestones/order`, { ids: ids(milestones) }, ben),
    ]);
    expect(refused.map(({ status }) => status)).toEqual(Array(9).fill(write));
  }
  expect(ids((await get(API, ben.token)).data)).toEqual([]);
});

test("a goal posted again with its key is one goal", async () => {
  const ana = await learner();
  const headers = { "Idempotency-Key": "one goal" };
  const made = await Promise.all(Array.from({ length: 5 }, () => post(API, { title: "Once" }, ana.token, { headers })));
  const again = await post(API, { title: "Once" }, ana.token, { headers });
  expect(again.headers.get("Idempotency-Replayed")).toBe("true");
  expect(new Set([...made, again].filter(({ status }) => status === 201).map(({ data }) => data.id)).size).toBe(1);
  expect((await get(API, ana.token)).data).toHaveLength(1);
});

test("a goal goes with its owner's work, and stays while there is anybody else's", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const circle = async () => {
    const { id } = await goal(ana, { visibility: "public" });
    await post(`${API}/${id}/join`, undefined, ben.token);
    const { id: challengeId } = await challenge(ana, id);
    const handIn = async (who: Learner, text: string) =>
      (await post("/api/v1/submissions", { challengeId, content: { text }, requestFeedback: false }, who.token)).data;
    return { handIn, drop: () => remove(`${API}/${id}`, ana) };
  };
  const kept = await circle();
  const work = await kept.handIn(ben, "Hola amiga, buenos días");
  const refused = await kept.drop();
  expect([refused.status, refused.code]).toEqual([422, "GOAL_IN_USE"]);
  expect((await get(`/api/v1/submissions/${work.id}`, ben.token)).data.status).toBe("accepted");

  const own = await circle();
  expect((await own.handIn(ana, "Hola amiga, buenos días")).status).toBe("accepted");
  expect((await own.handIn(ben, "no")).status).toBe("rejected");
  expect((await own.drop()).status).toBe(204);
});

test("an id in upper case, as Swift writes it, is the same id in a path, a query and a body", async () => {
  const ana = await learner();
  const made = await goal(ana, { milestones: [{ title: "a" }, { title: "b" }] });
  const upper = made.id.toUpperCase();
  expect((await get(`${API}/${upper}`, ana.token)).data.id).toBe(made.id);
  const reversed = ids(made.milestones).reverse();
  const order = await put(`${API}/${upper}/milestones/order`, { ids: reversed.map((id) => id.toUpperCase()) }, ana);
  expect(ids(order.data.milestones)).toEqual(reversed);
  expect((await challenge(ana, upper)).goalId).toBe(made.id);
  expect((await get(`/api/v1/challenges?goalId=${upper}`, ana.token)).data).toHaveLength(1);
  const done = await put(`${API}/${upper}/milestones/${reversed[0]?.toUpperCase()}/completion`, undefined, ana);
  expect(done.data.progress.milestonesDone).toBe(1);
});
