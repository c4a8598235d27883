import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createContext } from "../../src/context.ts";
import { proveLedger } from "../../src/features/xp/proof.ts";
import { DEMO_PASSWORD } from "../../src/platform/passwords.ts";
import { eventually, get, post } from "../helpers/client.ts";

const V1 = "/api/v1";
const tokens = new Map<string, string>();
const SIGNED_IN = ["ana", "ben", "chidi", "thea", "kirsi", "admin"];

const of = (name: string): string => tokens.get(name) ?? "";
const list = async (name: string, path: string) => {
  const { status, data, body } = await get(`${V1}${path}`, of(name));
  if (status !== 200) throw new Error(`${path} as ${name}: ${JSON.stringify(body)}`);
  return data;
};
const waiting = () => env.DB.prepare("SELECT count(*) AS n FROM outbox").first<number>("n");
const ids = (things: { id: string }[]): string[] => things.map(({ id }) => id);
const goalOf = async (name: string, title: string) =>
  (await list(name, "/goals/explore?limit=100")).find((goal: { title: string }) => goal.title.includes(title));

beforeAll(async () => {
  const { data } = await post("/dev/seed", { seed: "demo" });
  expect(data).toEqual({ seeded: true });
  for (const name of SIGNED_IN) {
    const login = { email: `${name}@guildhall.local`, password: DEMO_PASSWORD };
    const { status, data: entered } = await post(`${V1}/auth/login`, login);
    expect(status).toBe(200);
    tokens.set(name, entered.accessToken);
  }
}, 60_000);

test("a second time it changes nothing", async () => {
  const count = () => env.DB.prepare("SELECT count(*) AS n FROM users").first<number>("n");
  const before = await count();
  expect((await post("/dev/seed", { seed: "demo" })).data).toEqual({ seeded: false });
  expect(await count()).toBe(before);
  expect(before).toBe(13);
});

test("every ledger adds up, grows with time, and is paid by the rules", async () => {
  const ctx = createContext(env, { waitUntil: () => undefined });
  expect(await proveLedger(ctx)).toEqual({ people: 13, differences: 0 });
  const backwards = await env.DB.prepare(
    `SELECT count(*) AS n FROM xp_entries a JOIN xp_entries b ON b.user_id = a.user_id AND b.seq > a.seq AND b.created_at < a.created_at`,
  ).first<number>("n");
  expect(backwards).toBe(0);
  const { results } = await env.DB.prepare("SELECT DISTINCT reason FROM xp_entries").all<{ reason: string }>();
  expect(results.map(({ reason }) => reason).toSorted()).toEqual(
    expect.arrayContaining(["challenge", "daily_bonus", "goal", "milestone", "reversal", "review", "review_rating"]),
  );
});

test("there is work at each status, and reviews at each stage", async () => {
  const states = async (sql: string) => (await env.DB.prepare(sql).all<{ s: string }>()).results.map(({ s }) => s);
  expect(await states("SELECT DISTINCT status AS s FROM submissions ORDER BY 1")).toEqual([
    "accepted",
    "in_review",
    "needs_work",
    "rejected",
    "reversed",
    "withdrawn",
  ]);
  expect(await states("SELECT DISTINCT state AS s FROM review_assignments")).toEqual(
    expect.arrayContaining(["open", "done"]),
  );
  expect(await states("SELECT DISTINCT status AS s FROM goals ORDER BY 1")).toEqual(["active", "completed", "paused"]);
  expect(await states("SELECT DISTINCT kind AS s FROM challenges ORDER BY 1")).toEqual([
    "code",
    "link",
    "quiz",
    "text",
  ]);
});

describe("every screen shows something", () => {
  const LISTS: [name: string, path: string][] = [
    ...["ana", "ben", "chidi", "thea"].flatMap((name): [string, string][] => [
      [name, "/goals"],
      [name, "/goals/explore"],
      [name, "/goals/explore?q=spanish"],
      [name, "/progress/timeline"],
      [name, "/users/me/xp"],
      [name, "/rooms"],
      [name, "/rooms?mine=true"],
      [name, "/achievements"],
      [name, "/auth/sessions"],
    ]),
    ["ana", "/goals?status=completed"],
    ["ben", "/goals?status=paused"],
    ...["accepted", "rejected", "in_review"].map((status): [string, string] => [
      "ana",
      `/submissions?status=${status}`,
    ]),
    ["ben", "/submissions?status=needs_work"],
    ["ben", "/reviews/assignments"],
    ["kirsi", "/users/me/blocks"],
    ["admin", "/admin/users"],
    ["admin", "/admin/audit-log"],
  ];

  test.each(LISTS)("to %s: %s", async (name, path) => {
    expect((await list(name, path)).length).toBeGreaterThan(0);
  });

  test.each([
    ["Spanish", 4],
    ["TypeScript", 4],
    ["guitar", 3],
  ])("the goal about %s has challenges, work and reviews", async (title, challenges) => {
    const { id } = await goalOf("thea", title);
    const found = await list("thea", `/challenges?goalId=${id}`);
    expect(found).toHaveLength(challenges);
    const works = (
      await Promise.all(ids(found).map((challenge) => list("thea", `/submissions/challenge/${challenge}`)))
    ).flat();
    expect(works.length).toBeGreaterThan(2);
    const reviews = (await Promise.all(ids(works).map((work) => list("thea", `/submissions/${work}/reviews`)))).flat();
    expect(reviews.length).toBeGreaterThan(0);
  });

  test("rooms have people and messages", async () => {
    for (const { id } of await list("ana", "/rooms?mine=true")) {
      expect((await list("ana", `/rooms/${id}/members`)).length).toBeGreaterThan(1);
    }
    const mine = await list("ana", "/rooms?mine=true");
    const talks = await Promise.all(ids(mine).map((id) => list("ana", `/rooms/${id}/messages`)));
    expect(talks.filter((messages) => messages.length > 1).length).toBeGreaterThanOrEqual(3);
  });

  test.each(["ana", "ben", "chidi"])("the dashboard of %s is full", async (name) => {
    const data = await eventually(
      () => list(name, "/dashboard/data"),
      ({ rank, unreadNotifications }) => rank !== null && unreadNotifications > 0,
    );
    expect(data.level.level).toBeGreaterThan(1);
    expect(data.streak.current).toBeGreaterThan(1);
    for (const part of ["goals", "dueChallenges", "recentActivity", "items"])
      expect([part, data[part]]).not.toEqual([part, []]);
    expect(data.heatMap.filter(({ count }: { count: number }) => count > 0).length).toBeGreaterThan(7);
  });

  test("a league has closed its first weeks", async () => {
    expect((await list("ana", "/leagues/history")).length).toBeGreaterThan(0);
    expect((await list("ana", "/leagues/current")).league).not.toBeNull();
  });

  test("boards, badges and notifications have filled up once the events are through", async () => {
    const board = await eventually(
      () => list("ana", "/leaderboard?window=month&limit=100"),
      (entries) => entries.length >= 9,
    );
    expect(board[0].rank).toBe(1);
    for (const name of ["ana", "ben", "chidi"])
      await eventually(
        () => list(name, `/users/${name}/achievements`),
        (badges) => badges.length > 0,
      );
    for (const name of ["ana", "ben", "chidi"])
      await eventually(
        () => list(name, "/notifications"),
        (notifications) => notifications.length > 0,
      );
    const { id } = await goalOf("ana", "Spanish");
    expect((await list("ana", `/leaderboard?scope=goal:${id}`)).length).toBeGreaterThan(2);
    await eventually(waiting, (n) => n === 0, 1500);
  }, 60_000);
});
