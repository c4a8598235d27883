import { createRoute } from "@hono/zod-openapi";
import { requireUser } from "../../http/authentication.ts";
import { created, empty, ok, page } from "../../http/envelope.ts";
import { IdParam, PageParams, signedIn, body, data, list, nothing, userFailures } from "../../http/openapi.ts";
import { createRouter } from "../../http/router.ts";
import { Id } from "../../platform/ids.ts";
import { changeMember, invite, listMembers } from "./members.ts";
import { listPresent } from "./presence.ts";
import { ByUsername, Member, MemberPatch, NewRoom, Present, Room, RoomFilters, RoomPatch } from "./schema.ts";
import {
  createRoom,
  deleteRoom,
  getRoom,
  joinRoom,
  leaveRoom,
  listRooms,
  openDirectRoom,
  updateRoom,
} from "./service.ts";

const tags = ["Rooms"];
const MemberParams = IdParam.extend({ userId: Id.openapi({ param: { name: "userId", in: "path" } }) });

export const roomRoutes = createRouter()
  .openapi(
    createRoute({
      method: "post",
      path: "/",
      operationId: "createRoom",
      summary: "Open a room; its maker owns it",
      tags,
      ...signedIn,
      request: { body: body(NewRoom) },
      responses: { 201: data(Room, "The room."), ...userFailures("FORBIDDEN") },
    }),
    async (c) => {
      const room = await createRoom(c.get("ctx"), requireUser(c), c.req.valid("json"));
      return created(c, Room, room, `/api/v1/rooms/${room.id}`);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/",
      operationId: "listRooms",
      summary: "My rooms, or the public ones, newest first",
      tags,
      ...signedIn,
      request: { query: PageParams.extend(RoomFilters.shape) },
      responses: { 200: list(Room, "A page of rooms."), ...userFailures("INVALID_CURSOR") },
    }),
    async (c) => {
      const { limit, cursor, page: number, ...filters } = c.req.valid("query");
      return page(c, Room, await listRooms(c.get("ctx"), requireUser(c), filters, { limit, cursor, page: number }));
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/direct",
      operationId: "openDirectRoom",
      summary: "The one room of two people",
      tags,
      ...signedIn,
      request: { body: body(ByUsername) },
      responses: {
        200: data(Room, "The room, which was there."),
        201: data(Room, "The room, which this call made."),
        ...userFailures("NOT_FOUND", "FORBIDDEN"),
      },
    }),
    async (c) => {
      const { room, isNew } = await openDirectRoom(c.get("ctx"), requireUser(c), c.req.valid("json").username);
      return isNew ? created(c, Room, room, `/api/v1/rooms/${room.id}`) : ok(c, Room, room, 200);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}",
      operationId: "getRoom",
      summary: "A public room, or one of mine",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: data(Room, "The room."), ...userFailures("NOT_FOUND", "BANNED") },
    }),
    async (c) => ok(c, Room, await getRoom(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "patch",
      path: "/{id}",
      operationId: "updateRoom",
      summary: "Change a room that I own or moderate",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(RoomPatch) },
      responses: {
        200: data(Room, "The room as it is now."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "NOT_A_MEMBER", "BANNED"),
      },
    }),
    async (c) =>
      ok(c, Room, await updateRoom(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("json")), 200),
  )
  .openapi(
    createRoute({
      method: "delete",
      path: "/{id}",
      operationId: "deleteRoom",
      summary: "Delete my room and everything said in it",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "FORBIDDEN", "BANNED", "ILLEGAL_TRANSITION") },
    }),
    async (c) => {
      await deleteRoom(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/join",
      operationId: "joinRoom",
      summary: "Join a public room, or accept an invitation",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 200: data(Room, "The room."), ...userFailures("NOT_FOUND", "BANNED") },
    }),
    async (c) => ok(c, Room, await joinRoom(c.get("ctx"), requireUser(c), c.req.valid("param").id), 200),
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/leave",
      operationId: "leaveRoom",
      summary: "Leave a room, or turn an invitation down",
      tags,
      ...signedIn,
      request: { params: IdParam },
      responses: { 204: nothing, ...userFailures("NOT_FOUND", "BANNED", "ILLEGAL_TRANSITION") },
    }),
    async (c) => {
      await leaveRoom(c.get("ctx"), requireUser(c), c.req.valid("param").id);
      return empty(c);
    },
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/members",
      operationId: "listMembers",
      summary: "Who is in a room or invited",
      tags,
      ...signedIn,
      request: { params: IdParam, query: PageParams },
      responses: {
        200: list(Member, "A page of members."),
        ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED", "INVALID_CURSOR"),
      },
    }),
    async (c) =>
      page(c, Member, await listMembers(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "get",
      path: "/{id}/presence",
      operationId: "listPresent",
      summary: "Who is in the room at this moment, by id",
      tags,
      ...signedIn,
      request: { params: IdParam, query: PageParams },
      responses: {
        200: list(Present, "A page of people."),
        ...userFailures("NOT_FOUND", "NOT_A_MEMBER", "BANNED", "INVALID_CURSOR"),
      },
    }),
    async (c) =>
      page(c, Present, await listPresent(c.get("ctx"), requireUser(c), c.req.valid("param").id, c.req.valid("query"))),
  )
  .openapi(
    createRoute({
      method: "put",
      path: "/{id}/members/{userId}",
      operationId: "changeMember",
      summary: "Give a role, mute or ban",
      tags,
      ...signedIn,
      request: { params: MemberParams, body: body(MemberPatch) },
      responses: {
        200: data(Member, "The member as they are now."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "NOT_A_MEMBER", "BANNED", "CONFLICT"),
      },
    }),
    async (c) => {
      const { id, userId } = c.req.valid("param");
      return ok(c, Member, await changeMember(c.get("ctx"), requireUser(c), id, userId, c.req.valid("json")), 200);
    },
  )
  .openapi(
    createRoute({
      method: "post",
      path: "/{id}/invitations",
      operationId: "invite",
      summary: "Invite somebody; they accept by joining",
      tags,
      ...signedIn,
      request: { params: IdParam, body: body(ByUsername) },
      responses: {
        201: data(Member, "The invitation."),
        ...userFailures("NOT_FOUND", "FORBIDDEN", "NOT_A_MEMBER", "BANNED", "CONFLICT"),
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      return created(
        c,
        Member,
        await invite(c.get("ctx"), requireUser(c), id, c.req.valid("json").username),
        `/api/v1/rooms/${id}/members`,
      );
    },
  );
