import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { ok } from "../../http/envelope.ts";
import { data, permitted, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { listLedgerDifferences } from "./proof.ts";
import { LedgerDifference } from "./schema.ts";

const Differences = z.array(LedgerDifference);

export const ledgerRoutes = createRouter().openapi(
  createRoute({
    method: "get",
    path: "/ledger-differences",
    operationId: "listLedgerDifferences",
    summary: "Where the nightly proof found XP that does not add up",
    tags: ["Administration"],
    ...permitted("audit:read"),
    responses: { 200: data(Differences, "Empty when all is well; at most 100."), ...userFailures("FORBIDDEN") },
  }),
  async (c) => ok(c, Differences, await listLedgerDifferences(c.get("ctx"), requireUser(c)), 200),
);
