import type { Consistency, Database, Db, Statement } from "./db/client.ts";
import { openDatabase } from "./db/client.ts";
import type { Meter } from "./db/meter.ts";
import type { ChatRoom } from "./durable-objects/chat-room/chat-room.ts";
import type { Leaderboard } from "./durable-objects/leaderboard/leaderboard.ts";
import { relayName } from "./durable-objects/room-relay/delivery.ts";
import { boardName } from "./durable-objects/leaderboard/protocol.ts";
import type { UserHub } from "./durable-objects/user-hub/user-hub.ts";
import type { OutboxMessage } from "./events/outbox.ts";
import type { Queues } from "./events/relay.ts";
import { relay } from "./events/relay.ts";
import type { AiProvider } from "./platform/ai/provider.ts";
import { chooseProvider } from "./platform/ai/choose.ts";
import type { Clock } from "./platform/clock.ts";
import { clock } from "./platform/clock.ts";
import type { Config } from "./platform/config.ts";
import { configOf } from "./platform/config.ts";
import type { DenyList } from "./platform/deny-list.ts";
import { denyList } from "./platform/deny-list.ts";
import type { Logger } from "./platform/logger.ts";
import { createLogger } from "./platform/logger.ts";
import type { Mailer } from "./platform/mailer.ts";
import { bindingMailer } from "./platform/binding-mailer.ts";
import { resendMailer } from "./platform/resend-mailer.ts";
import { smtpMailer } from "./platform/smtp/smtp-mailer.ts";
import { parseSmtpUrl } from "./platform/smtp/url.ts";
import { mailboxMailer } from "./db/mailbox.ts";
import type { MetricSink } from "./platform/metric-sink.ts";
import { METRIC_STORE } from "./platform/metric-sink.ts";
import type { Trace } from "./platform/trace.ts";
import { traceOf } from "./platform/trace.ts";
import { sentryReporter } from "./platform/error-reports.ts";
import type { AccessTokens } from "./platform/tokens.ts";
import { accessTokens } from "./platform/tokens.ts";

/** Everything a service may use. Services take `Pick<…>` of what they need; tests pass real bindings. */
export interface ServiceContext {
  db: Db;
  meter: Meter;
  bookmark(): string | null;
  config: Config;
  /** Where links in mails lead: `APP_URL`, or the origin of the request. */
  appUrl: string;
  clock: Clock;
  client: Client;
  trace: Trace;
  logger: Logger;
  tokens: AccessTokens;
  denyList: DenyList;
  queues: Queues;
  mail: Mailer;
  ai: AiProvider;
  /** Answers that may be given again; what is lost there is only asked for once more. */
  cache: KVNamespace;
  metrics: MetricSink;
  boards: Boards;
  rooms: Rooms;
  roomSockets: RoomSockets;
  /** What people upload; null where the deployment has no bucket. */
  files: R2Bucket | null;
  hubs: Hubs;
  riders: Statement[];
  relayLater(messages: readonly OutboxMessage[]): void;
  /** Work that may end after the answer. */
  later(work: Promise<unknown>): void;
}

/** Where a request comes from, as sessions and the audit log keep it. All null for queues and cron. */
export interface Client {
  requestId: string | null;
  userAgent: string | null;
  country: string | null;
}

const NOBODY: Client = { requestId: null, userAgent: null, country: null };

/** The leaderboard object of a scope. */
export type Boards = (scope: string) => DurableObjectStub<Leaderboard>;
/** The object of a room. */
export type Rooms = (roomId: string) => DurableObjectStub<ChatRoom>;
/** What takes the sockets of a room: one of its relays, or its object itself. */
export type RoomSockets = (roomId: string, relay: number | null) => Pick<DurableObjectStub, "fetch">;
/** The object that holds somebody's live sockets. */
export type Hubs = (userId: string) => DurableObjectStub<UserHub>;

export interface Origin {
  consistency?: Consistency;
  client?: Client;
  trace?: Trace;
  url?: string;
  /** Work that may end after the answer. */
  waitUntil(work: Promise<unknown>): void;
}

/** The composition root: what one request, one queue batch or one cron run works with. */
export function createContext(env: Env, origin: Origin): ServiceContext {
  const config = configOf(env);
  const client = origin.client ?? NOBODY;
  const database = openDatabase(env.DB, origin.consistency ?? "primary");
  const trace = origin.trace ?? traceOf(null);
  const { requestId } = client;
  const logger = createLogger({ ...(requestId && { requestId }), traceId: trace.traceId }, reporter(config, origin));
  const queues: Queues = { events: env.EVENTS_QUEUE, email: env.EMAIL_QUEUE, "ai-feedback": env.AI_FEEDBACK_QUEUE };
  return {
    ...database,
    config,
    get appUrl() {
      return config.APP_URL ?? (origin.url ? new URL(origin.url).origin : config.LOCAL_ORIGIN);
    },
    clock,
    client,
    trace,
    logger,
    queues,
    tokens: accessTokens(config),
    denyList: denyList(env.DENY_LIST),
    get mail() {
      return mailer(env, config, database);
    },
    get ai() {
      return chooseProvider(config, env, trace);
    },
    cache: env.CACHE,
    get metrics() {
      return env.METRICS.getByName(METRIC_STORE);
    },
    boards: (scope) => env.LEADERBOARD.getByName(boardName(scope)),
    rooms: (roomId) => env.CHAT_ROOM.getByName(roomId),
    roomSockets: (roomId, relay) =>
      relay === null ? env.CHAT_ROOM.getByName(roomId) : env.ROOM_RELAY.getByName(relayName(roomId, relay)),
    files: bucketOf(env),
    hubs: (userId) => env.USER_HUB.getByName(userId),
    riders: [],
    relayLater: (messages) => origin.waitUntil(relayQuietly(env, queues, messages, logger)),
    later: (work) => origin.waitUntil(work),
  };
}

/** The one binding that a deployment may be without, so the generated types do not know it. */
const bucketOf = (env: Env & { UPLOADS?: R2Bucket }): R2Bucket | null => env.UPLOADS ?? null;

const reporter = ({ SENTRY_DSN: dsn, ENVIRONMENT: environment }: Config, { waitUntil }: Origin) =>
  dsn === undefined ? undefined : sentryReporter({ dsn, environment, waitUntil });

function mailer(env: Env, config: Config, { db }: Database): Mailer {
  const { MAIL_FROM: from, SMTP_URL = "", RESEND_API_KEY: apiKey = "", RESEND_BASE_URL: baseUrl } = config;
  switch (config.MAIL_PROVIDER ?? (config.ENVIRONMENT === "production" ? "binding" : "mailbox")) {
    case "binding":
      return bindingMailer(env.MAIL, from);
    case "smtp":
      return smtpMailer(parseSmtpUrl(SMTP_URL), from, clock);
    case "resend":
      return resendMailer({ baseUrl, apiKey, from });
    default:
      return mailboxMailer(db, clock, from);
  }
}

/** Through a session of its own: the request's round trips are already told. The sweep sends whatever is lost here. */
async function relayQuietly(
  env: Env,
  queues: Queues,
  messages: readonly OutboxMessage[],
  logger: Logger,
): Promise<void> {
  try {
    const { db } = openDatabase(env.DB, "primary");
    await relay({ db, clock, queues }, messages);
  } catch (error) {
    logger.error("relay failed; the sweep will send it", error);
  }
}
