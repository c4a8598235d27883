import { Client, check, poll, say, type Json } from "./demo-client.ts";
import { openSocket } from "./demo-socket.ts";

const origin = process.env.BASE_URL ?? `http://localhost:${process.env.PORT ?? 8787}`;
const run = Date.now().toString(36);
const password = "Guildhall1";

const mira = new Client(origin);
const noor = new Client(origin);

try {
  await find();
  await signIn();
  const { goalId, challengeId } = await plan();
  const submissionId = await submit(challengeId);
  await progress();
  await study(goalId);
  await feedback(submissionId);
  await welcomeMail();
  await talk();
  await logout();
  await operations();
  console.log(`\nThe loop runs, end to end, on ${origin}.`);
} catch (error) {
  console.error(`\n✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
process.exit(0);

async function find(): Promise<void> {
  const answer = await fetch(`${origin}/health/live`).catch(() => undefined);
  if (answer === undefined)
    throw new Error(
      `Nothing answers at ${origin}. Start the server with npm run dev, or say where it is: PORT=8788 npm run demo`,
    );
}

async function signIn(): Promise<void> {
  const email = `mira-${run}@example.org`;
  const registered = await mira.call(
    "POST",
    "/auth/register",
    { email, username: `mira_${run}`, password, timezone: "Europe/Berlin" },
    201,
  );
  check(registered.user.roles.includes("student"), "a new person is a student");
  say("register", `${registered.user.username}, level ${registered.user.level}`);

  const login = await mira.call("POST", "/auth/login", { email, password }, 200);
  mira.token = login.accessToken;
  say("login", `access token for ${login.expiresIn} s`);

  const pair = await mira.call("POST", "/auth/refresh", { refreshToken: login.refreshToken }, 200);
  check(pair.refreshToken !== login.refreshToken, "a refresh token is good once");
  mira.token = pair.accessToken;
  say("refresh", "a new pair; the old refresh token is spent");

  const other = { email: `noor-${run}@example.org`, username: `noor_${run}`, password };
  noor.token = (await noor.call("POST", "/auth/register", other, 201)).accessToken;
  say("register", `${other.username}, to talk with`);
}

async function plan(): Promise<{ goalId: string; challengeId: string }> {
  const goal = await mira.call(
    "POST",
    "/goals",
    { title: "Explain recursion to a friend", category: "programming", visibility: "public" },
    201,
  );
  for (const title of ["Read about the call stack", "Write an explanation"]) {
    await mira.call("POST", `/goals/${goal.id}/milestones`, { title }, 201);
  }
  const { milestones, progress } = await mira.call("GET", `/goals/${goal.id}`, undefined, 200);
  check(milestones.length === 2 && progress.percent === 0, "the goal has two milestones and 0 %");
  say("goal", `"${goal.title}" with ${milestones.length} milestones`);

  const challenge = await mira.call(
    "POST",
    "/challenges",
    {
      goalId: goal.id,
      title: "Recursion in your own words",
      description: "Explain recursion and name its **base case**.",
      kind: "text",
      difficulty: "beginner",
      points: 20,
      rubric: [{ criterion: "Clarity", description: "A friend would understand it", weight: 2 }],
      rules: { minWords: 15, mustInclude: ["base case"] },
      peerReviews: 0,
    },
    201,
  );
  say("challenge", `"${challenge.title}", ${challenge.points} points, at least 15 words that name the base case`);
  return { goalId: goal.id, challengeId: challenge.id };
}

async function submit(challengeId: string): Promise<string> {
  const poor = await mira.call("POST", "/submissions", { challengeId, content: { text: "It calls itself." } }, 201);
  const reasons = poor.validation.filter((rule: Json) => !rule.passed);
  check(poor.status === "rejected" && reasons.length > 0, "work that breaks a rule is rejected with reasons");
  say("submission", `rejected: ${reasons.map((rule: Json) => rule.message).join(" ")}`);

  const text =
    "A recursive function solves a problem by calling itself on a smaller one. It must reach a base case, which answers at once; otherwise it never ends.";
  const good = await mira.call("POST", "/submissions", { challengeId, content: { text } }, 201);
  check(good.status === "accepted", `good work is accepted, not ${good.status}`);
  say("submission", `accepted, attempt ${good.attempt}`);
  return good.id;
}

async function progress(): Promise<void> {
  const ledger = await mira.call("GET", "/users/me/xp", undefined, 200);
  check(
    ledger.some((entry: Json) => entry.reason === "challenge" && entry.amount >= 20),
    "the ledger has the challenge",
  );
  for (const entry of ledger) say("xp", `+${entry.amount} ${entry.reason}, balance ${entry.balance}`);

  const me = await mira.call("GET", "/users/me", undefined, 200);
  check(me.xp === ledger[0].balance && me.level >= 1, "the profile has the ledger's balance");
  const streak = await mira.call("GET", "/users/me/streak", undefined, 200);
  check(streak.current === 1, "the streak starts today");
  say("level", `level ${me.level} with ${me.xp} XP, streak of ${streak.current} day`);

  const rank = await poll("the leaderboard", async () => {
    const board = await mira.call("GET", `/leaderboard/user/${me.id}?scope=global&window=week`, undefined, 200);
    return board.score === me.xp && board.rank !== null ? board : undefined;
  });
  const top = await mira.call("GET", "/leaderboard?scope=global&window=week&limit=100", undefined, 200);
  const row = top.find((entry: Json) => entry.user.id === me.id);
  const above = top.filter((entry: Json) => entry.score > me.xp).length;
  check(row === undefined || (row.rank === rank.rank && rank.rank === above + 1), "the list and the rank agree");
  say("leaderboard", `rank ${rank.rank} of ${rank.total} this week with ${rank.score} XP`);
}

async function study(goalId: string): Promise<void> {
  const { milestones } = await mira.call("GET", `/goals/${goalId}`, undefined, 200);
  const entry = {
    goalId,
    minutes: 25,
    note: "Drew the stack on paper.",
    milestoneId: milestones[0].id,
    completed: true,
  };
  const logged = await mira.call("POST", "/progress", entry, 201);
  check(logged.progress.milestonesDone === 1, "the study entry completes its milestone");
  say("progress", `${logged.minutes} minutes logged, goal at ${logged.progress.percent} %`);

  const board = await mira.call("GET", "/dashboard/data", undefined, 200);
  check(board.heatMap.at(-1).count >= 2 && board.goals[0].percent === logged.progress.percent, "the dashboard agrees");
  const timeline = await mira.call("GET", "/progress/timeline", undefined, 200);
  const types = new Set(timeline.map((fact: Json) => fact.type));
  check(
    ["study", "milestone", "decision", "xp"].every((type) => types.has(type)),
    "the timeline tells of the entry, the milestone, the decision and the XP",
  );
  say("dashboard", `level ${board.level.level}, ${board.level.forNext - board.level.intoLevel} XP to the next one`);
}

async function feedback(submissionId: string): Promise<void> {
  const { job } = await mira.call("POST", "/ai/feedback", { submissionId }, 202);
  say("ai", `job ${job.status}`);
  const done = await poll("the feedback", async () => {
    const now = await mira.call("GET", `/ai/jobs/${job.id}`, undefined, 200);
    return now.status === "succeeded" || now.status === "failed" ? now : undefined;
  });
  check(
    done.status === "succeeded" && done.result !== undefined,
    `the job ${done.status}: ${JSON.stringify(done.error)}`,
  );
  say("ai", JSON.stringify(done.result).slice(0, 160));
}

async function welcomeMail(): Promise<void> {
  const mail = await poll("the welcome mail", async () => {
    const answer = await fetch(`${origin}/dev/mailbox?to=mira-${run}@example.org`, {
      headers: { accept: "application/json" },
    });
    const body: Json = await answer.json();
    const mails: Json[] = Array.isArray(body) ? body : body.data;
    return mails[0];
  });
  say("mail", `"${mail.subject}" to ${mail.to}`);
}

async function talk(): Promise<void> {
  const room = await mira.call("POST", "/rooms", { kind: "public", name: `Study hall ${run}` }, 201);
  await noor.call("POST", `/rooms/${room.id}/join`, {}, [200, 201, 204]);
  const a = await openSocket(mira, room.id);
  let b = await openSocket(noor, room.id);
  say("room", `"${room.name}": two people are in`);

  a.send("send_message", { clientId: `${run}-1`, body: "Hello Noor, shall we start?" }, "first");
  const ack = await a.next("message_ack");
  const heard = await b.next("chat_message");
  check(
    heard.body === "Hello Noor, shall we start?" && heard.seq === ack.seq,
    "the other one hears it with the number of the ack",
  );
  b.send("send_message", { clientId: `${run}-2`, body: "Yes!" });
  const reply = await a.next("chat_message", (message) => message.body === "Yes!");
  say("room", `two messages, numbers ${heard.seq} and ${reply.seq}`);

  b.close();
  for (const n of [3, 4]) a.send("send_message", { clientId: `${run}-${n}`, body: `While you were away, ${n - 2}` });
  await a.next("message_ack", (message) => message.clientId === `${run}-4`);
  b = await openSocket(noor, room.id, reply.seq);
  await b.next("sync_complete");
  const missed = b.seen.filter((frame) => frame.type === "chat_message").map((frame) => frame.payload.body);
  check(
    missed.join("|") === "While you were away, 1|While you were away, 2",
    `what was missed, once and in order, not ${missed.join("|")}`,
  );
  say("room", `reconnected with after=${reply.seq} and got ${missed.length} missed messages`);
  a.close();
  b.close();
}

async function logout(): Promise<void> {
  await mira.call("POST", "/auth/logout", undefined, 204);
  const refused = await mira.refused("GET", "/users/me", 401);
  check(refused === "TOKEN_REVOKED", `the access token is refused with TOKEN_REVOKED, not ${refused}`);
  say("logout", "the access token is refused at once");
}

async function operations(): Promise<void> {
  for (const path of ["/docs", "/openapi.json", "/health", "/metrics", "/.well-known/jwks.json"]) {
    const answer = await fetch(origin + path);
    await answer.text();
    check(answer.status === 200, `${path} answers 200, not ${answer.status}`);
    say("GET", `${path} ${answer.status} ${answer.headers.get("content-type")}`);
  }
}
