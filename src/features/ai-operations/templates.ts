import { and, desc, eq, sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { aiJobs, promptTemplates, type TEMPLATE_NAMES } from "../../db/schema/ai.ts";
import { ensure, wasRefused } from "../../db/guard.ts";
import { commit } from "../../events/outbox.ts";
import type { UserActor } from "../../platform/actor.ts";
import { requirePermission } from "../../platform/actor.ts";
import type { PromptTemplate } from "../../platform/ai/prompts.ts";
import { DEFAULT_TEMPLATES } from "../../platform/ai/templates.ts";
import { AppError, notFound } from "../../platform/errors.ts";
import { audited } from "../audit/service.ts";
import { templateFaults, variablesOf } from "./rules.ts";
import type { NewTemplate, Template, TemplateVersion } from "./schema.ts";

type Ctx = ServiceContext;
type Name = (typeof TEMPLATE_NAMES)[number];

/** Nobody writes a prompt a hundred times; what is older than that is not listed. */
const MAX_LISTED = 100;

/** The versions that admins activated, at most one a name; to be batched with what else is read. */
export const selectActiveTemplates = (ctx: Pick<Ctx, "db">) =>
  ctx.db
    .select({
      name: promptTemplates.name,
      version: promptTemplates.version,
      system: promptTemplates.system,
      user: promptTemplates.user,
      variables: promptTemplates.variables,
    })
    .from(promptTemplates)
    .where(sql`${promptTemplates.active} = 1`);

/** The template to use, from the result of `selectActiveTemplates`. */
export const activeTemplate = (rows: readonly PromptTemplate[], name: Name): PromptTemplate =>
  rows.find((row) => row.name === name) ?? DEFAULT_TEMPLATES[name];

const builtIn = (name: Name, active: boolean): Template => ({ ...DEFAULT_TEMPLATES[name], active, createdAt: null });

const toTemplate = (row: typeof promptTemplates.$inferSelect): Template => ({
  name: row.name,
  version: row.version,
  active: row.active,
  system: row.system,
  user: row.user,
  variables: row.variables,
  createdAt: row.createdAt.toISOString(),
});

/** The active version. */
export async function getTemplate(ctx: Ctx, actor: UserActor, name: Name): Promise<Template> {
  requirePermission(actor, "templates:manage");
  const [row] = await ctx.db
    .select()
    .from(promptTemplates)
    .where(and(eq(promptTemplates.name, name), sql`${promptTemplates.active} = 1`));
  return row ? toTemplate(row) : builtIn(name, true);
}

/** A new version. It is used once it is activated, so that it can be read over first. */
export async function putTemplate(ctx: Ctx, actor: UserActor, name: Name, input: NewTemplate): Promise<Template> {
  requirePermission(actor, "templates:manage");
  const variables = input.variables ?? variablesOf(input);
  const faults = templateFaults(name, { ...input, variables });
  if (faults.length > 0)
    throw new AppError("VALIDATION_ERROR", "The template cannot be used; see details.", { details: faults });
  const next = sql`(SELECT COALESCE(MAX(version), 1) + 1 FROM prompt_templates WHERE name = ${name})`;
  const results = await commit(ctx, [
    ctx.db
      .insert(promptTemplates)
      .values({
        name,
        version: sql`${next}`,
        system: input.system,
        user: input.user,
        variables,
        createdBy: actor.id,
        createdAt: ctx.clock.now(),
      })
      .returning(),
    audited(ctx, actor, { action: "template.written", target: { type: "template", id: name } }),
  ]);
  const [row] = results[0] as (typeof promptTemplates.$inferSelect)[];
  if (!row) throw notFound("template");
  return toTemplate(row);
}

/** All versions, newest first, with what readers thought of their results. */
export async function listVersions(ctx: Ctx, actor: UserActor, name: Name): Promise<TemplateVersion[]> {
  requirePermission(actor, "templates:manage");
  const [rows, rated] = await ctx.db.batch([
    ctx.db
      .select()
      .from(promptTemplates)
      .where(eq(promptTemplates.name, name))
      .orderBy(desc(promptTemplates.version))
      .limit(MAX_LISTED),
    ctx.db
      .select({
        ratedVersion: sql<number>`${aiJobs.templateVersion}`.as("rated_version"),
        helpful: sql<number>`${aiJobs.helpful}`.as("was_helpful"),
        n: sql<number>`count(*)`.as("n"),
      })
      .from(aiJobs)
      .where(sql`${aiJobs.type} = ${JOB_OF[name]} AND ${aiJobs.helpful} IS NOT NULL`)
      .groupBy(aiJobs.templateVersion, aiJobs.helpful),
  ]);
  const countOf = (version: number, helpful: 0 | 1) =>
    rated.find((row) => row.ratedVersion === version && row.helpful === helpful)?.n ?? 0;
  return [...rows.map(toTemplate), builtIn(name, !rows.some((row) => row.active))].map((template) => {
    const helpful = countOf(template.version, 1);
    const wrong = countOf(template.version, 0);
    const wrongRate = helpful + wrong === 0 ? null : Math.round((100 * wrong) / (helpful + wrong)) / 100;
    return { ...template, ratings: { helpful, wrong, wrongRate } };
  });
}

const JOB_OF = {
  "submission-feedback": "feedback",
  "generate-challenges": "generate_challenges",
  "explain-concept": "none",
} as const;

/** From now on this version is used; jobs that are at work finish with theirs. Version 1 is always there to go back to. */
export async function activateVersion(ctx: Ctx, actor: UserActor, name: Name, version: number): Promise<Template> {
  requirePermission(actor, "templates:manage");
  const exists = sql`${version} = 1 OR EXISTS (SELECT 1 FROM prompt_templates WHERE name = ${name} AND version = ${version})`;
  const set = (active: boolean, where: ReturnType<typeof sql>) =>
    ctx.db
      .update(promptTemplates)
      .set({ active })
      .where(and(eq(promptTemplates.name, name), where));
  try {
    const results = await commit(ctx, [
      ensure(ctx.db, exists),
      // Two steps: the index that allows one active version looks after each row.
      set(false, sql`${promptTemplates.active} = 1`),
      set(true, sql`${promptTemplates.version} = ${version}`).returning(),
      audited(ctx, actor, {
        action: "template.activated",
        target: { type: "template", id: name },
        details: { version },
      }),
    ]);
    const [row] = results[2] as (typeof promptTemplates.$inferSelect)[];
    return row ? toTemplate(row) : builtIn(name, true);
  } catch (error) {
    if (wasRefused(error)) throw notFound("version");
    throw error;
  }
}
