import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "./http/env.ts";
import type { Schema, Schemas } from "./http/openapi-examples.ts";
import type { Operation } from "./http/openapi-operations.ts";
import { completed } from "./http/openapi-operations.ts";
import { ERRORS } from "./platform/errors.ts";

const DESCRIPTION = `The backend of a learning community: goals, challenges, feedback, rooms, and progress as a game.

Every JSON answer is an envelope: \`{ success, data, meta }\`, or \`{ success, error: { code, message, details }, meta }\`. Codes are stable; messages are for people. Lists are paged by \`meta.pagination.nextCursor\`. Send \`Authorization: Bearer …\` or use the cookies that signing in sets. The sockets are described in [/asyncapi.json](/asyncapi.json).`;

const TAGS: Record<string, string> = {
  Auth: "Registering, signing in and what belongs to it: sessions, passwords, second factors, passkeys, other providers.",
  Users: "Profiles, one's own data, experience and streaks.",
  Goals: "What somebody wants to learn, its milestones and templates.",
  Challenges: "Tasks under a goal.",
  Submissions: "Work on challenges, and what became of it.",
  Reviews: "Work judged by peers.",
  AI: "Drafts, explanations and feedback by a model.",
  "AI operations": "Prompt templates and switches, for those who run the models.",
  Leaderboards: "Boards of experience, and their live socket.",
  Leagues: "Weekly cohorts of similar activity.",
  Achievements: "Badges and how near they are.",
  Progress: "Everything one needs to see of one's own progress.",
  Dashboard: "What to do next, at a glance.",
  Notifications: "What happened that concerns the signed-in user.",
  Webhooks: "Events delivered to addresses of one's own.",
  Rooms: "Places to talk, and who is in them.",
  Messages: "What is said in rooms, over HTTP and over the socket.",
  Mail: "Unsubscribing, and what the mail provider tells.",
  Administration: "For those who run this place.",
  Pages: "Where the links of mails lead when there is no app.",
  Operations: "For those who keep it running.",
};

const HEADERS = {
  "X-Request-Id": { description: "Names this request in our logs.", schema: { type: "string" } },
  "Retry-After": { description: "Seconds to wait before the next try.", schema: { type: "integer", minimum: 1 } },
  Location: { description: "Where what was made can be read.", schema: { type: "string" } },
  ETag: { description: "Names this state, for `If-None-Match` and `If-Match`.", schema: { type: "string" } },
} as const;

/** The OpenAPI 3.1 document. `cookie` is what the access cookie is called where it is read: browsers take its prefix by https only. */
export function openApiDocument(app: OpenAPIHono<AppEnv>, cookie: string) {
  const raw = plain(app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Guildhall", version: "1.0.0" } }));
  const schemas = raw.components.schemas;
  const paths = Object.fromEntries(
    Object.entries(raw.paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => [method, completed(method, operation, schemas)]),
      ),
    ]),
  );
  const used = new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags = [] }) => tags)));
  return {
    openapi: "3.1.0",
    info: {
      title: "Guildhall",
      version: "1.0.0",
      description: DESCRIPTION,
      contact: { name: "The maintainers of Guildhall" },
      license: { name: "All rights reserved", identifier: "LicenseRef-All-Rights-Reserved" },
    },
    servers: [{ url: "/", description: "Where this document was read." }],
    tags: [...used].map((name) => ({ name, description: TAGS[name] ?? name })),
    paths,
    components: {
      schemas,
      examples: failureExamples(JSON.stringify(paths)),
      headers: HEADERS,
      securitySchemes: securitySchemes(cookie),
    },
  };
}

interface Raw {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Schemas };
}

/** As JSON, with what the generator gets wrong put right: the flag it leaves on patterns, the null it takes from references. */
const plain = (document: unknown): Raw =>
  JSON.parse(
    JSON.stringify(document, (key, value: unknown) => {
      if (key === "pattern" && typeof value === "string") return value.replace(/\/[a-z]*$/u, "");
      return isNullableReference(value) ? nullable(value.allOf) : value;
    }),
  ) as Raw;

type NullableReference = { allOf: [Schema, Schema] };

const isNullableReference = (value: unknown): value is NullableReference =>
  typeof value === "object" &&
  value !== null &&
  "allOf" in value &&
  Array.isArray(value.allOf) &&
  (value as NullableReference).allOf[1].type?.includes("null") === true;

const nullable = ([reference, described]: [Schema, Schema]) => ({
  ...described,
  type: undefined,
  anyOf: [reference, { type: "null" }],
});

/** One of each code that the paths refer to. */
const failureExamples = (paths: string) =>
  Object.fromEntries(
    Object.keys(ERRORS)
      .filter((code) => paths.includes(`/examples/${code}"`))
      .map((code) => [
        code,
        {
          summary: code,
          value: {
            success: false,
            error: { code, message: `${code.charAt(0)}${code.slice(1).toLowerCase().replaceAll("_", " ")}.` },
            meta: { timestamp: "2026-11-21T10:00:00.000Z", requestId: "0199aa11-2233-7444-8555-66778899aabb" },
          },
        },
      ]),
  );

const securitySchemes = (cookie: string) => ({
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "The access token of a sign-in." },
  cookie: {
    type: "apiKey",
    in: "cookie",
    name: cookie,
    description: "Set by signing in; for pages of trusted origins.",
  },
  metricsToken: { type: "http", scheme: "bearer", description: "`METRICS_TOKEN`, for whatever scrapes the metrics." },
  webhookSignature: {
    type: "apiKey",
    in: "header",
    name: "webhook-signature",
    description: "Standard Webhooks, signed with `MAIL_WEBHOOK_SECRET`.",
  },
});
