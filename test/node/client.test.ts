import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket as Socket } from "ws";
import type { TestHarness } from "wrangler";
import { createTestHarness } from "wrangler";
import type { Guildhall } from "../../client/src/guildhall.ts";
import { createGuildhall, inMemory } from "../../client/src/guildhall.ts";
import { clientSources } from "../../scripts/client.ts";
import { root } from "../../scripts/process.ts";
import { createSecrets } from "../../scripts/secrets.ts";

let server: TestHarness;
let baseUrl: string;

/** What a lost network does: it is over, and nobody said so. */
class Cuttable extends WebSocket {
  static open: Cuttable[] = [];

  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols);
    Cuttable.open.push(this);
  }

  static cut(): void {
    for (const socket of Cuttable.open.splice(0)) socket.close(4000);
  }
}

beforeAll(async () => {
  const vars = { ENVIRONMENT: "test", RATE_LIMITS: "off" };
  server = createTestHarness({
    root,
    workers: [{ configPath: "./wrangler.toml", vars, secrets: await createSecrets() }],
  });
  const { url } = await server.listen();
  baseUrl = `http://localhost:${url.port}`;
  await server.getWorker().applyD1Migrations("DB");
}, 180_000);

afterAll(async () => {
  await server?.close();
});

async function somebody(username: string): Promise<Guildhall> {
  const tokens = inMemory();
  const guildhall = createGuildhall({ baseUrl, tokens, WebSocket: Cuttable });
  const body = { email: `${username}@example.org`, username, password: "Sunny-Harbour-7" };
  const { data, error } = await guildhall.api.POST("/api/v1/auth/register", { body });
  if (!data) throw new Error(error.error.message);
  // No access token that is any good: the first request refreshes it.
  await tokens.write({ accessToken: "a.b.c", refreshToken: data.data.refreshToken });
  return guildhall;
}

test("what is in client/src is what the documents say: else run `npm run client`", { timeout: 60_000 }, async () => {
  const stale: string[] = [];
  for (const [name, source] of Object.entries(await clientSources()))
    if ((await readFile(path.join(root, "client/src", name), "utf8")) !== source) stale.push(name);
  expect(stale).toEqual([]);
});

test("a room goes on where it was when the connection broke", { timeout: 60_000 }, async () => {
  const [ana, ben] = await Promise.all([somebody("ana"), somebody("ben")]);
  const made = await ana.api.POST("/api/v1/rooms", { body: { kind: "public", name: "Corner" } });
  const id = made.data?.data.id ?? "";
  await ben.api.POST("/api/v1/rooms/{id}/join", { params: { path: { id } } });

  const room = ana.room(id);
  const heard: { seq: number; body: string | null }[] = [];
  room.on("chat_message", ({ seq, body }) => heard.push({ seq, body }));
  const bens = ben.room(id);
  expect((await bens.say("one")).seq).toBeGreaterThan(0);
  await vi.waitFor(() => expect(heard.length).toBe(1), 10_000);

  Cuttable.cut();
  const params = { path: { id } };
  const said = await ben.api.POST("/api/v1/rooms/{id}/messages", { params, body: { clientId: "two", body: "two" } });
  expect(said.response.status).toBe(201);
  const three = room.say("three");
  const [, four] = await Promise.all([three, bens.say("four")]);
  await vi.waitFor(() => expect(heard.map(({ seq }) => seq)).toContain(four.seq), 15_000);
  await vi.waitFor(() => expect(heard.length).toBe(4), 15_000);
  expect(heard.map(({ body }) => body).toSorted()).toEqual(["four", "one", "three", "two"]);
  const seqs = heard.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(room.seq).toBe(seqs.at(-1));

  const later = ana.room(id, { after: seqs[1] ?? 0 });
  const missed: number[] = [];
  later.on("chat_message", ({ seq }) => missed.push(seq));
  await vi.waitFor(() => expect(missed).toEqual(seqs.slice(2)), 10_000);
  for (const socket of [room, bens, later]) socket.close();
});

test("a board and the notifications begin again after a break", { timeout: 60_000 }, async () => {
  const chidi = await somebody("chidi");
  const board = chidi.leaderboard({ scope: "global", window: "all" });
  const news = chidi.notifications();
  let snapshots = 0;
  let counts = 0;
  board.on("leaderboard_snapshot", ({ scope }) => void (snapshots += scope === "global" ? 1 : 0));
  news.on("unread_count", () => void (counts += 1));
  await vi.waitFor(() => expect([snapshots, counts]).toEqual([1, 1]), 15_000);
  Cuttable.cut();
  await vi.waitFor(() => expect([snapshots, counts]).toEqual([2, 2]), 15_000);
  board.close();
  news.close();
});

test("a client that hangs up is answered", { timeout: 60_000 }, async () => {
  const body = { email: "dora@example.org", username: "dora", password: "Sunny-Harbour-7" };
  const { api } = createGuildhall({ baseUrl, tokens: inMemory() });
  const { data } = await api.POST("/api/v1/auth/register", { body });
  const headers = { authorization: `Bearer ${data?.data.accessToken}` };
  const made = await api.POST("/api/v1/rooms", { headers, body: { kind: "public", name: "Corner" } });
  const paths = [`rooms/${made.data?.data.id}/socket`, "leaderboard/live", "notifications/live"];
  const codes = await Promise.all(paths.map((name) => hungUpOn(`${baseUrl}/api/v1/${name}`, headers)));
  expect(codes).toEqual([1000, 1000, 1000]);
});

/** Opens a socket, closes it, and gives the code that its client is left with: 1006 when nobody answered. Node's own client says that now and then whatever the server did, when it hangs up at once. */
function hungUpOn(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new Socket(url.replace("http", "ws"), { headers });
  socket.on("open", () => socket.close(1000));
  return new Promise((resolve) => socket.on("close", resolve));
}
