import { z } from "zod";
import { ClientFrame } from "./durable-objects/chat-room/protocol.ts";
import { SERVER_FRAMES } from "./durable-objects/chat-room/server-frames.ts";
import { BOARD_FRAMES } from "./durable-objects/leaderboard/server-frames.ts";
import { Notification, UnreadCount } from "./features/notifications/schema.ts";

const DESCRIPTION = `The sockets of Guildhall. All of them speak text: a frame is a JSON object, and a message from the server is one frame or, when several are due at once, an array of frames in order. Clients send one frame at a time. The text \`ping\` is answered \`pong\`.

Say who you are with a bearer header, with the cookie (from pages of this origin), or, in a browser elsewhere, with the subprotocols \`guildhall.v1, ticket.<ticket>\`; tickets are made by POST at the address that each socket names, and open one socket within 30 seconds. Refusals come before the upgrade, as JSON with 401, 403, 404, 426 or 429.

A socket is closed with 4401 when its session or its token ends, 4403 when its room is left, and 1008 for what breaks these rules.`;

type Payloads = Record<string, z.ZodType>;

interface Socket {
  title: string;
  address: string;
  description: string;
  parameters?: Record<string, { description: string }>;
  query?: Record<string, object>;
  told: Payloads;
  heard?: Payloads;
}

const ROOM_CLIENT_FRAMES: Payloads = Object.fromEntries(
  ClientFrame.options.map(({ shape }) => [shape.type.value, shape.payload]),
);

const SOCKETS: Record<string, Socket> = {
  room: {
    title: "A room",
    address: "/api/v1/rooms/{id}/socket",
    description:
      "Begins with `welcome`. Every stored event has a `seq`, without gaps: after a disconnection open the socket with `?after=<seq>` of the last one, or send `sync`; what was missed comes first, then `sync_complete`, or `sync_reset` with the latest page when it is more than 1,000 events. A message is answered `message_ack` with its `clientId`; sent again with the same `clientId` it is stored once. Tickets: POST /api/v1/rooms/{id}/tickets.",
    parameters: { id: { description: "The room." } },
    query: { after: { type: "integer", minimum: 0, description: "The last `seq` the client knows." } },
    told: SERVER_FRAMES,
    heard: ROOM_CLIENT_FRAMES,
  },
  leaderboard: {
    title: "A live board",
    address: "/api/v1/leaderboard/live",
    description:
      "Begins with `leaderboard_snapshot`, and again when a season begins. Then, at most once a second, `leaderboard_update`: take out everybody named, then put each entry in order behind all whose rank is not lower. It only tells. Tickets: POST /api/v1/leaderboard/tickets.",
    query: {
      scope: { type: "string", description: "`global`, `category:<name>` or `goal:<id>`." },
      window: { type: "string", enum: BOARD_FRAMES.leaderboard_snapshot.shape.window.options },
    },
    told: BOARD_FRAMES,
  },
  notifications: {
    title: "My notifications",
    address: "/api/v1/notifications/live",
    description:
      "Begins with `unread_count`. A new notification comes with the count, and the count also when something was read elsewhere. It only tells. Tickets: POST /api/v1/notifications/tickets.",
    told: { notification: Notification, unread_count: UnreadCount },
  },
};

const envelope = (type: string, payload: z.ZodType, io: "input" | "output") =>
  z.object({
    type: z.literal(type),
    payload,
    ...(io === "output" ? { timestamp: z.iso.datetime() } : {}),
    ref: z
      .union([z.string().max(128), z.number()])
      .optional()
      .describe("Chosen by the client; the answer repeats it."),
  });

function message(type: string, payload: z.ZodType, io: "input" | "output") {
  const { $schema: _schema, ...schema } = z.toJSONSchema(envelope(type, payload, io), { io, unrepresentable: "any" });
  return { name: type, title: type, contentType: "application/json", payload: schema };
}

const messagesOf = ({ told, heard = {} }: Socket) =>
  Object.fromEntries([
    ...Object.entries(told).map(([type, payload]) => [type, message(type, payload, "output")]),
    ...Object.entries(heard).map(([type, payload]) => [type, message(type, payload, "input")]),
  ]) as Record<string, ReturnType<typeof message>>;

function channelOf(socket: Socket) {
  const { title, address, description, parameters, query } = socket;
  return {
    address,
    title,
    description,
    servers: [{ $ref: "#/servers/here" }],
    messages: messagesOf(socket),
    ...(parameters && { parameters }),
    bindings: { ws: { method: "GET", ...(query && { query: { type: "object", properties: query } }) } },
  };
}

const operation = (action: "send" | "receive", channel: string, summary: string, types: string[]) => ({
  action,
  summary,
  channel: { $ref: `#/channels/${channel}` },
  messages: types.map((type) => ({ $ref: `#/channels/${channel}/messages/${type}` })),
});

/** The AsyncAPI 3 document of the sockets. `origin` is where it is read. */
export function asyncApiDocument(origin: string) {
  const { host, protocol } = new URL(origin);
  const sockets = Object.entries(SOCKETS);
  return {
    asyncapi: "3.0.0",
    info: { title: "Guildhall sockets", version: "1.0.0", description: DESCRIPTION },
    defaultContentType: "application/json",
    servers: {
      here: {
        host,
        protocol: protocol === "https:" ? "wss" : "ws",
        description: "Where this document was read.",
        security: [{ $ref: "#/components/securitySchemes/bearer" }, { $ref: "#/components/securitySchemes/ticket" }],
      },
    },
    channels: Object.fromEntries(sockets.map(([name, socket]) => [name, channelOf(socket)])),
    operations: Object.fromEntries(
      sockets.flatMap(([name, { title, told, heard }]) => [
        [`${name}Tells`, operation("send", name, `${title} tells`, Object.keys(told))],
        ...(heard ? [[`${name}Hears`, operation("receive", name, `${title} hears`, Object.keys(heard))]] : []),
      ]),
    ) as Record<string, ReturnType<typeof operation>>,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        ticket: { type: "httpApiKey", in: "header", name: "Sec-WebSocket-Protocol" },
      },
    },
  };
}
