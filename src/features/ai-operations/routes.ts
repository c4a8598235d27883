import { createRoute, z } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { ok } from "../../http/envelope.ts";
import { body, data, permitted, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import {
  FeatureParam,
  NewTemplate,
  SetSwitch,
  Switch,
  Switches,
  Template,
  TemplateParam,
  TemplateVersion,
  VersionParam,
} from "./schema.ts";
import { listSwitches, setSwitch } from "./switches.ts";
import { activateVersion, getTemplate, listVersions, putTemplate } from "./templates.ts";

const tags = ["AI operations"];
const description = "Needs the permission `templates:manage`.";

export const aiOperationRoutes = createRouter()
  .openapi(
    createRoute({
      method: "get",
      path: "/templates/{name}",
      operationId: "getTemplate",
      summary: "The active version of a prompt template",
      description,
      tags,
      ...permitted("templates:manage"),
      request: { params: TemplateParam },
      responses: { 200: data(Template, "The version in use."), ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) => ok(c, Template, await getTemplate(c.get("ctx"), requireUser(c), c.req.valid("param").name), 200),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/templates/{name}",
      operationId: "putTemplate",
      summary: "Write a new version of a prompt template",
      description: `${description} The version is used once it is activated.`,
      tags,
      ...permitted("templates:manage"),
      request: { params: TemplateParam, body: body(NewTemplate) },
      responses: {
        200: data(Template, "The new version, not active yet."),
        ...userFailures("FORBIDDEN", "NOT_FOUND"),
      },
    }),
    async (c) => {
      const { name } = c.req.valid("param");
      return ok(c, Template, await putTemplate(c.get("ctx"), requireUser(c), name, c.req.valid("json")), 200);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/templates/{name}/versions",
      operationId: "listTemplateVersions",
      summary: "The versions of a prompt template, newest first, with their ratings",
      description: `${description} The latest 100 and the built-in one.`,
      tags,
      ...permitted("templates:manage"),
      request: { params: TemplateParam },
      responses: { 200: data(z.array(TemplateVersion), "The versions."), ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) =>
      ok(c, z.array(TemplateVersion), await listVersions(c.get("ctx"), requireUser(c), c.req.valid("param").name), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/templates/{name}/versions/{version}/activate",
      operationId: "activateTemplateVersion",
      summary: "Use this version from now on",
      description: `${description} Going back is activating an older version; it is audited.`,
      tags,
      ...permitted("templates:manage"),
      request: { params: VersionParam },
      responses: { 200: data(Template, "The version in use."), ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) => {
      const { name, version } = c.req.valid("param");
      return ok(c, Template, await activateVersion(c.get("ctx"), requireUser(c), name, version), 200);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/switches",
      operationId: "listAiSwitches",
      summary: "Which AI features are on",
      description,
      tags,
      ...permitted("templates:manage"),
      responses: { 200: data(Switches, "Every feature."), ...userFailures("FORBIDDEN") },
    }),
    async (c) => ok(c, Switches, await listSwitches(c.get("ctx"), requireUser(c)), 200),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/switches/{feature}",
      operationId: "setAiSwitch",
      summary: "Switch an AI feature on or off",
      description: `${description} Off: requests are answered with 503, jobs that wait fail and give their quota back.`,
      tags,
      ...permitted("templates:manage"),
      request: { params: FeatureParam, body: body(SetSwitch) },
      responses: { 200: data(Switch, "The switch."), ...userFailures("FORBIDDEN", "NOT_FOUND") },
    }),
    async (c) => {
      const { feature } = c.req.valid("param");
      return ok(c, Switch, await setSwitch(c.get("ctx"), requireUser(c), feature, c.req.valid("json")), 200);
    },
  );
