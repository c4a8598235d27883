import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { CRON_JOBS } from "../../cron/jobs.ts";
import { runJob } from "../../cron/run.ts";
import { empty } from "../../http/envelope.ts";
import type { AppEnv } from "../../http/env.ts";
import { validationError } from "../../platform/validation.ts";
import { notFound } from "../../platform/errors.ts";
import { setClock } from "../../platform/moved-clock.ts";
import { wakeBoards } from "../leaderboards/upkeep.ts";
import { mailboxPage, templatesPage } from "./pages.ts";
import { seed } from "./seed.ts";
import { emptyMailbox, listCronJobs, listMailbox } from "./service.ts";

const onlyInDevelopment = createMiddleware<AppEnv>(async (c, next) => {
  if (c.get("ctx").config.ENVIRONMENT === "production") throw notFound("page");
  await next();
});

const json = <T extends z.ZodType>(schema: T) =>
  zValidator("json", schema, (result) => {
    if (!result.success) throw validationError(result.error, "body");
  });

const ClockChange = z.union([
  z.object({ now: z.iso.datetime() }),
  z.object({ advanceMs: z.int() }),
  z.object({ reset: z.literal(true) }),
]);

/** Routes that exist on a developer's machine and in tests only; they are no part of the contract document. */
export const developmentRoutes = new Hono<AppEnv>()
  .use(onlyInDevelopment)
  .get("/mailbox", async (c) => {
    const mails = await listMailbox(c.get("ctx"), c.req.query("to"));
    return c.req.header("Accept")?.includes("text/html") ? c.html(mailboxPage(mails)) : c.json(mails);
  })
  .get("/mailbox/templates", (c) => c.html(templatesPage(c.req.query("locale") ?? "en", c.get("ctx").appUrl)))
  .delete("/mailbox", async (c) => {
    await emptyMailbox(c.get("ctx"));
    return empty(c);
  })
  .post("/clock", json(ClockChange), async (c) => {
    const now = await setClock(c.env.CACHE, c.req.valid("json"));
    // Alarms ring in real time: who watches a board hears of the season that has begun only from this.
    await wakeBoards(c.get("ctx"));
    return c.json({ now: now.toISOString() });
  })
  .get("/cron", async (c) => c.json(await listCronJobs(c.get("ctx"), CRON_JOBS)))
  .post("/cron", json(z.object({ name: z.string() })), async (c) => {
    const { name } = c.req.valid("json");
    const job = CRON_JOBS.find((one) => one.name === name);
    if (!job) throw notFound("cron job");
    const { succeeded, durationMs, result } = await runJob(c.get("ctx"), job);
    return c.json({ name, done: succeeded, durationMs, result }, succeeded ? 200 : 500);
  })
  .post("/seed", json(z.object({ seed: z.enum(["none", "demo"]).default("demo") })), async (c) =>
    c.json({ success: true, data: { seeded: await seed(c.get("ctx"), c.req.valid("json").seed) } }),
  );
