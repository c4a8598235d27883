import { createRoute, z } from "@hono/zod-openapi";
import { failures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { AppError } from "../../platform/errors.ts";
import { frontDoor } from "./pages.ts";
import { Health, Jwks, Live } from "./schema.ts";
import { health, metrics } from "./service.ts";

const tags = ["Operations"];
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const text = (type: string, description: string) => ({ description, content: { [type]: { schema: z.string() } } });

export const operationRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/health",
      operationId: "getHealth",
      summary: "Whether every part answers",
      tags,
      responses: { 200: json(Health, "All well."), ...failures(), 503: json(Health, "Some part is not well.") },
    }),
    async (c) => {
      const state = await health(c.get("ctx"), c.env);
      return c.json(state, state.status === "ok" ? 200 : 503);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/health/live",
      operationId: "getLiveness",
      summary: "Whether the Worker runs",
      tags,
      responses: { 200: json(Live, "It runs."), ...failures() },
    }),
    (c) => c.json({ status: "ok" as const }, 200),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      operationId: "getMetrics",
      summary: "Prometheus metrics of all isolates",
      description: "Needs `METRICS_TOKEN` as bearer token; open in development when none is set.",
      tags,
      security: [{ metricsToken: [] }],
      responses: { 200: text("text/plain", "Exposition format 0.0.4."), ...failures("UNAUTHENTICATED") },
    }),
    async (c) => {
      const { config } = c.get("ctx");
      const { METRICS_TOKEN: token, ENVIRONMENT } = config;
      const open = token === undefined && ENVIRONMENT !== "production";
      if (!open && (token === undefined || c.req.header("Authorization") !== `Bearer ${token}`))
        throw new AppError("UNAUTHENTICATED", "Send METRICS_TOKEN as bearer token.");
      return c.body(await metrics(c.get("ctx")), 200, {
        "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
      });
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/.well-known/jwks.json",
      operationId: "getJwks",
      summary: "The public keys that verify access tokens",
      tags,
      responses: { 200: json(Jwks, "A JWK set."), ...failures() },
    }),
    (c) =>
      c.json({ keys: c.get("ctx").tokens.publicKeys() as z.infer<typeof Jwks>["keys"] }, 200, {
        "Cache-Control": "public, max-age=300",
      }),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "getFrontDoor",
      summary: "What runs here, for people",
      tags,
      responses: { 200: text("text/html", "A page."), ...failures() },
    }),
    (c) => c.html(frontDoor(c.get("ctx").config)),
  );
