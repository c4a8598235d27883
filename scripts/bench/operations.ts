import type { Server } from "../served/serve.ts";
import { PASSWORD, Visitor } from "./visitor.ts";

type Operation = [name: string, method: string, path: string, body?: unknown];

/** Round trips to D1, as the answer itself says, and rows read, as D1 says, of the main operations. */
export async function countOperations(server: Server): Promise<string> {
  const guest = new Visitor(server.url);
  const visitor = await new Visitor(server.url).register("counting");
  const name = "counted";
  const milestones = ["Read", "Write", "Tell"].map((title) => ({ title }));
  const goal = await visitor.call("POST", "/goals", { title: "Counted", milestones });
  const goalId = goal.id;
  const room = await visitor.call("POST", "/rooms", { kind: "public", name: "Counted" });
  const text = { title: "Counted", kind: "text", points: 20, rules: { minWords: 3 } };
  const challenge = await visitor.call("POST", "/challenges", { goalId, ...text });
  const account = { email: `${name}@example.org`, password: PASSWORD };
  const operations: Operation[] = [
    ["register", "POST", "/auth/register", { ...account, username: name }],
    ["log in", "POST", "/auth/login", account],
    ["refresh", "POST", "/auth/refresh", { refreshToken: visitor.refreshToken }],
    ["who am I", "GET", "/users/me"],
    ["my goals", "GET", "/goals"],
    ["a goal with milestones", "GET", `/goals/${goalId}`],
    ["public goals", "GET", "/goals/explore"],
    ["a new goal", "POST", "/goals", { title: "Counted" }],
    ["challenges of a goal", "GET", `/challenges?goalId=${goalId}`],
    [
      "hand in work that is accepted",
      "POST",
      "/submissions",
      { challengeId: challenge.id, content: { text: "Three whole words" } },
    ],
    ["my submissions", "GET", "/submissions"],
    ["my XP", "GET", "/users/me/xp"],
    ["my streak", "GET", "/users/me/streak"],
    ["global week board", "GET", "/leaderboard?scope=global&window=week"],
    ["my rank", "GET", `/leaderboard/user/${visitor.id}?scope=global&window=week`],
    ["my rooms", "GET", "/rooms?mine=true"],
    ["say something", "POST", `/rooms/${room.id}/messages`, { clientId: "counted", body: "Hello" }],
    ["a page of history", "GET", `/rooms/${room.id}/messages`],
  ];
  const rows: string[] = [];
  for (const [name, method, path, body] of operations) {
    const who = name === "register" || name === "log in" ? guest : visitor;
    const { roundTrips, rowsRead } = await who.answer(method, path, body);
    const address = path.replace(/[\da-f]{8}-[\da-f-]{27}/, "{id}");
    rows.push(`| ${name} | \`${method} ${address}\` | ${roundTrips} | ${rowsRead} |`);
  }
  return ["| operation | request | D1 round trips | rows read |\n| --- | --- | --- | --- |", ...rows].join("\n");
}
