import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { foldName, foldNames, isOrderOf, assertMove } from "../../src/features/goals/rules.ts";
import { matchOf } from "../../src/features/goals/search.ts";
import { wordsOf } from "../../src/platform/full-text.ts";
import { AppError } from "../../src/platform/errors.ts";
import { call, get, patch } from "../helpers/client.ts";
import { goal, learner } from "../helpers/factories.ts";

const API = "/api/v1/goals";
const titles = (answer: { data: { title: string }[] }) => answer.data.map(({ title }) => title);
const find = async (token: string, q: string, where = "/explore") =>
  titles(await get(`${API}${where}?q=${encodeURIComponent(q)}`, token));

test("words are found by their beginnings, without accents, in any field, and in scripts without spaces", async () => {
  const ana = await learner();
  const mark = crypto.randomUUID().slice(0, 8);
  const make = (fields: Record<string, unknown>) =>
    goal(ana, { visibility: "public", category: `search-${mark}`, ...fields });
  await make({ title: "Canción española", description: "sing three songs" });
  await make({ title: "東京で日本語を話す", tags: ["日本"] });
  await make({ title: "อ่านหนังสือภาษาไทย" });
  await make({ title: "Gitarre üben", tags: ["C++", "music theory"] });
  const found = async (q: string) =>
    titles(await get(`${API}/explore?category=search-${mark}&q=${encodeURIComponent(q)}`, ana.token));
  expect(await found("cancion")).toEqual(["Canción española"]);
  expect(await found("ESPAN son")).toEqual(["Canción española"]);
  expect(await found("espan guitar")).toEqual([]);
  expect(await found("語")).toEqual(["東京で日本語を話す"]);
  expect(await found("日本")).toEqual(["東京で日本語を話す"]);
  expect(await found("京東")).toEqual([]);
  expect(await found("หนังสือ")).toEqual(["อ่านหนังสือภาษาไทย"]);
  expect(await found("uben theo")).toEqual(["Gitarre üben"]);
  expect(await found("ben")).toEqual([]);
  expect(await found("… !")).toEqual([]);
  expect(await found("")).toHaveLength(4);
});

test("what people type is never an operator", async () => {
  const ana = await learner();
  const queries = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.constantFrom(
      '"',
      "a OR b",
      "NOT a",
      "a*",
      'x" OR "y',
      "NEAR(a b)",
      "facets:explore",
      "^a",
      "(a",
      "-a",
      "a AND",
      "'; --",
    ),
  );
  await fc.assert(
    fc.asyncProperty(queries, async (q) => {
      const match = matchOf(["explore"], q);
      if (match !== null)
        await env.DB.prepare("SELECT rowid FROM goals_search WHERE goals_search MATCH ?").bind(match).all();
    }),
    { numRuns: 150 },
  );
  expect(wordsOf('say "NEAR" c++')).toBe('"say"* AND "NEAR"* AND "c"*');
  expect(await find(ana.token, `u${ana.id.replaceAll("-", "")}`)).toEqual([]);
});

test("the index follows the goal: changed, hidden, archived, deleted, its owner deleted", async () => {
  const [ana, ben] = [await learner(), await learner()];
  const word = `w${crypto.randomUUID().slice(0, 8)}`;
  const made = await goal(ana, { title: `${word} one`, visibility: "public" });
  const other = await goal(ben, { title: `${word} two`, visibility: "public" });
  expect(await find(ana.token, word)).toEqual([`${word} two`, `${word} one`]);
  expect(await find(ana.token, word, "")).toEqual([`${word} one`]);
  await patch(`${API}/${made.id}`, { title: `${word} three` }, ana.token);
  expect(await find(ben.token, `${word} one`)).toEqual([]);
  expect(await find(ben.token, `${word} three`)).toEqual([`${word} three`]);
  await patch(`${API}/${made.id}`, { visibility: "private" }, ana.token);
  expect(await find(ben.token, word)).toEqual([`${word} two`]);
  expect(await find(ana.token, word, "")).toEqual([`${word} three`]);
  await patch(`${API}/${other.id}`, { status: "archived" }, ben.token);
  expect(await find(ben.token, word)).toEqual([]);
  await patch(`${API}/${other.id}`, { status: "active" }, ben.token);
  await call("DELETE", `${API}/${made.id}`, { token: ana.token });
  expect(await find(ana.token, word, "")).toEqual([]);
  const gone = crypto.randomUUID();
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO users (id, email, username, display_name, privacy, referral_code, created_at, updated_at) VALUES (?1, ?1, ?1, 'x', '{}', ?1, 0, 0)",
    ).bind(gone),
    env.DB.prepare(
      "INSERT INTO goals (id, owner_id, title, visibility, created_at, updated_at) VALUES (?1, ?1, ?2, 'public', 0, 0)",
    ).bind(gone, word),
  ]);
  expect(await find(ana.token, word)).toEqual([word, `${word} two`]);
  await env.DB.prepare("DELETE FROM users WHERE id = ?").bind(gone).run();
  const left = await env.DB.prepare("SELECT count(*) AS n FROM goals_search WHERE goals_search MATCH ?")
    .bind(`body : ("${word}")`)
    .first<number>("n");
  expect(left).toBe(1);
});

test("filters meet, pages follow on each other, and a cursor is its own list's", async () => {
  const ana = await learner();
  for (let i = 0; i < 5; i += 1) await goal(ana, { title: `g${i}`, tags: [i % 2 ? "Odd" : "even", "all"] });
  const [, , third] = (await get(API, ana.token)).data;
  await patch(`${API}/${third.id}`, { status: "paused" }, ana.token);
  const list = async (query: string) => titles(await get(`${API}?${query}`, ana.token));
  expect(await list("tag=ODD")).toEqual(["g3", "g1"]);
  expect(await list("tag=even&status=active")).toEqual(["g4", "g0"]);
  expect(await list("status=paused")).toEqual(["g2"]);
  expect(await list("category=General&q=g4")).toEqual(["g4"]);
  expect(await list("tag=all&limit=2&page=2")).toEqual(["g2", "g1"]);
  expect(await list("limit=2&page=3")).toEqual(["g0"]);
  const first = await get(`${API}?tag=all&limit=2`, ana.token);
  const { nextCursor } = first.body.meta.pagination;
  expect(await list(`tag=all&limit=2&cursor=${nextCursor}`)).toEqual(["g2", "g1"]);
  expect((await get(`${API}?tag=odd&cursor=${nextCursor}`, ana.token)).code).toBe("INVALID_CURSOR");
  expect((await get(`${API}?tag=all&page=1000`, ana.token)).code).toBe("VALIDATION_ERROR");
});

test("names: folding again changes nothing, and equals stay together", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (name) => {
      const folded = foldName(name);
      expect(foldName(folded)).toBe(folded);
      expect(foldName(`  #${name.normalize("NFD")} `)).toBe(foldName(name.normalize("NFC")));
      expect(foldNames([name, name.normalize("NFD"), folded])).toEqual([folded]);
    }),
  );
});

test("an order names everything once", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.uuid(), { maxLength: 12 }), fc.nat(), fc.uuid(), (known, at, foreign) => {
      expect(isOrderOf(known.toReversed(), known)).toBe(true);
      fc.pre(known.length > 1 && !known.includes(foreign));
      const [left, right] = [known.slice(0, at % known.length), known.slice((at % known.length) + 1)];
      expect(isOrderOf([...left, ...right], known)).toBe(false);
      expect(isOrderOf([...left, foreign, ...right], known)).toBe(false);
      expect(isOrderOf([...left, known[at % known.length === 0 ? 1 : 0] ?? "", ...right], known)).toBe(false);
    }),
  );
});

test("the status machine refuses with what it allows, and only what it does not allow", () => {
  const legal = {
    active: ["paused", "completed", "archived"],
    paused: ["active", "archived"],
    completed: ["active", "archived"],
    archived: ["active"],
  } as const;
  const statuses = Object.keys(legal) as (keyof typeof legal)[];
  const allowedAfter = (from: keyof typeof legal, to: keyof typeof legal): unknown => {
    try {
      assertMove(from, to);
      return "moved";
    } catch (error) {
      return error instanceof AppError ? error.details : error;
    }
  };
  for (const from of statuses)
    for (const to of statuses) {
      const allowed: readonly string[] = legal[from];
      expect(allowedAfter(from, to)).toEqual(from === to || allowed.includes(to) ? "moved" : { allowed });
    }
});
