import * as fc from "fast-check";
import { TrieRouter } from "hono/router/trie-router";
import { describe, expect, it } from "vitest";
import { RememberingRouter } from "../../src/http/remembering-router.ts";

const segment = fc.constantFrom("goals", "explore", "rooms", ":id", ":name", "*");
const route = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
const path = fc
  .array(fc.constantFrom("goals", "explore", "rooms", "7", "%20"), { minLength: 0, maxLength: 4 })
  .map((parts) => `/${parts.join("/")}`);
const method = fc.constantFrom("GET", "POST", "ALL");

describe("the router that remembers", () => {
  it("finds what the tree finds, the first time, the second, and after another route came", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(method, route), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.constantFrom("GET", "POST", "PUT"), path), { minLength: 1, maxLength: 12 }),
        (routes, asked) => {
          const [tree, remembering] = [new TrieRouter<number>(), new RememberingRouter<number>()];
          routes.forEach(([verb, pattern], index) => {
            tree.add(verb, pattern, index);
            remembering.add(verb, pattern, index);
            for (const [wanted, at] of [...asked, ...asked])
              expect(remembering.match(wanted, at)).toEqual(tree.match(wanted, at));
          });
        },
      ),
    );
  });

  it("is right about more paths than it remembers", () => {
    const router = new RememberingRouter<string>();
    router.add("GET", "/goals/:id", "goal");
    const idOf = (n: number) => router.match("GET", `/goals/${n}`)[0][0]?.[1];
    for (const n of [...Array(1_500).keys(), 3, 1_499]) expect(idOf(n)).toEqual({ id: String(n) });
    const long = "x".repeat(5_000);
    expect(router.match("GET", `/goals/${long}`)[0][0]?.[1]).toEqual({ id: long });
  });
});
