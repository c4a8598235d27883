import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Fetch, Tokens } from "../../client/src/guildhall.ts";
import { createGuildhall, inMemory } from "../../client/src/guildhall.ts";
import { ORIGIN } from "../helpers/client.ts";
import type { Learner } from "../helpers/factories.ts";
import { PASSWORD, learner } from "../helpers/factories.ts";

/** A client inside another Worker, which reaches this one through a binding. */
function clientOf(tokens: Tokens | null = null) {
  const asked: Request[] = [];
  const fetch: Fetch = async (request) => {
    asked.push(request.clone());
    return await exports.default.fetch(request);
  };
  const store = inMemory(tokens);
  const refreshes = () => asked.filter(({ url }) => url.endsWith("/auth/refresh")).length;
  return { ...createGuildhall({ baseUrl: ORIGIN, fetch, tokens: store }), store, asked, refreshes };
}

const spent = ({ refreshToken }: Learner): Tokens => ({ accessToken: "a.b.c", refreshToken });

test("signs in, asks by the document's own types, and signs out", async () => {
  const { email, username } = await learner();
  const { api, signIn, signOut, store } = clientOf();
  expect(await signIn({ email, password: "Wrong-Harbour-7" })).toBe(false);
  expect(await signIn({ email, password: PASSWORD })).toBe(true);
  const me = await api.GET("/api/v1/users/me");
  expect(me.data?.data.username).toBe(username);
  const made = await api.POST("/api/v1/goals", { body: { title: "Speak Spanish" } });
  expect(made.response.status).toBe(201);
  const id = made.data?.data.id ?? "";
  const read = await api.GET("/api/v1/goals/{id}", { params: { path: { id } } });
  expect(read.data?.data.title).toBe("Speak Spanish");
  const missing = await api.GET("/api/v1/goals/{id}", { params: { path: { id: crypto.randomUUID() } } });
  expect(missing.error?.error.code).toBe("NOT_FOUND");
  await signOut();
  expect(await store.read()).toBeNull();
  expect((await api.GET("/api/v1/users/me")).response.status).toBe(401);
});

test("ten requests that are refused together refresh once, and are then answered", async () => {
  const { api, refreshes, store } = clientOf(spent(await learner()));
  const answers = await Promise.all(Array.from({ length: 10 }, () => api.GET("/api/v1/users/me")));
  expect(answers.map(({ response }) => response.status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(refreshes()).toBe(1);
  expect((await api.GET("/api/v1/users/me")).response.status).toBe(200);
  expect(refreshes()).toBe(1);
  expect((await store.read())?.accessToken).not.toBe("a.b.c");
});

test("a POST goes again with its body and its key", async () => {
  const { api, asked } = clientOf(spent(await learner()));
  const { data } = await api.POST("/api/v1/goals", { body: { title: "Once" } });
  expect(data?.data.title).toBe("Once");
  const keys = asked.filter(({ url }) => url.endsWith("/goals")).map(({ headers }) => headers.get("Idempotency-Key"));
  expect(keys.length).toBe(2);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/u);
  expect(keys[1]).toBe(keys[0]);

  const headers = { "Idempotency-Key": "mine" };
  const twice = await Promise.all([1, 2].map(() => api.POST("/api/v1/goals", { body: { title: "Twice" }, headers })));
  expect(new Set(twice.flatMap(({ data }) => data?.data.id ?? [])).size).toBe(1);
});

test("when the refresh token is no good either, nobody is signed in, and the refusal is told", async () => {
  const { api, store, refreshes } = clientOf({ accessToken: "a.b.c", refreshToken: "nothing" });
  const { error, response } = await api.GET("/api/v1/users/me");
  expect([response.status, error?.error.code]).toEqual([401, "UNAUTHENTICATED"]);
  expect(await store.read()).toBeNull();
  await api.GET("/api/v1/users/me");
  expect(refreshes()).toBe(1);
});
