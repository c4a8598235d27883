import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { CRON_JOBS } from "../../src/cron/jobs.ts";
import { ORIGIN, post } from "../helpers/client.ts";
import { type Learner, learner } from "../helpers/factories.ts";
import { contextAt } from "../helpers/notifications.ts";

/** A socket of each kind, and where its tickets are made. */
async function sockets(person: Learner): Promise<Record<string, string>> {
  const room = await post("/api/v1/rooms", { kind: "public", name: "Night readers" }, person.token);
  return {
    [`/api/v1/rooms/${room.data.id}/socket`]: `/api/v1/rooms/${room.data.id}/tickets`,
    "/api/v1/leaderboard/live": "/api/v1/leaderboard/tickets",
    "/api/v1/notifications/live": "/api/v1/notifications/tickets",
  };
}

async function knock(path: string, ticket: string): Promise<number> {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": `guildhall.v1, ticket.${ticket}` };
  const { status, webSocket } = await exports.default.fetch(new Request(`${ORIGIN}${path}`, { headers }));
  webSocket?.accept();
  webSocket?.close();
  return status;
}

test("a ticket opens the socket it was made for, and no other", async () => {
  const ana = await learner();
  const addresses = Object.entries(await sockets(ana));
  for (const [own, made] of addresses) {
    const { status, data, headers } = await post(made, undefined, ana.token);
    expect([status, data.url, headers.get("Location")]).toEqual([201, `wss://guildhall.test${own}`, own]);
    const others = addresses.map(([path]) => path).filter((path) => path !== own);
    expect(await Promise.all(others.map((path) => knock(path, data.ticket)))).toEqual([401, 401]);
    expect(await knock(own, data.ticket)).toBe(101);
    expect(await knock(own, data.ticket)).toBe(401);
  }
});

test("an old ticket opens nothing, and is forgotten within the hour", async () => {
  const ana = await learner();
  for (const [own, made] of Object.entries(await sockets(ana))) {
    const { data } = await post(made, undefined, ana.token);
    await env.DB.prepare("UPDATE tickets SET expires_at = ? WHERE user_id = ?").bind(Date.now(), ana.id).run();
    expect(await knock(own, data.ticket)).toBe(401);
  }
  const { ctx } = contextAt();
  await CRON_JOBS.find(({ name }) => name === "purge-expired")?.run(ctx);
  const left = "SELECT count(*) AS n FROM tickets WHERE user_id = ?";
  expect(await env.DB.prepare(left).bind(ana.id).first<number>("n")).toBe(0);
});
