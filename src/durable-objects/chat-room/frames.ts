import { clock } from "../../platform/clock.ts";
import { createLogger } from "../../platform/logger.ts";
import { catchUp } from "./catch-up.ts";
import type { Archive } from "./archive.ts";
import type { Broadcast, Origin } from "./broadcast.ts";
import type { Changes } from "./changes.ts";
import { type Intake, mutedRefusal } from "./intake.ts";
import { refuse, type Refusal } from "./outcome.ts";
import { parseFrame } from "./parse-frame.ts";
import type { Presence } from "./presence.ts";
import type { ClientFrame, ServerFrameType, ServerPayloads } from "./protocol.ts";
import { RateWindow } from "./rate-window.ts";
import type { Roster, Session } from "./roster.ts";

const MALFORMED_FRAMES_ALLOWED = 10;

interface Parts {
  archive: Archive;
  broadcast: Broadcast;
  changes: Changes;
  intake: Intake;
  presence: Presence;
  roster: Roster;
}

type Payload<T extends ClientFrame["type"]> = Extract<ClientFrame, { type: T }>["payload"];

/** Beside messages and changes, which are counted where they are made: what is passed on, and what makes the room read much. */
const LIGHT = new Set<ClientFrame["type"]>(["typing_start", "typing_stop", "mark_read", "set_status"]);

/** What a room does with the frames of its sockets. */
export class Frames {
  readonly #parts: Parts;
  readonly #signalRate = new RateWindow(50, 10_000);
  readonly #syncRate = new RateWindow(20, 10_000);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  receive(socket: WebSocket, raw: string | ArrayBuffer): void {
    const session = this.#parts.roster.session(socket);
    if (session === undefined) return;
    if (session.expiresAt <= Date.now()) return this.#parts.presence.hangUp(socket, 4401, "the access token expired");
    this.#parts.broadcast.heard(socket);
    const parsed = parseFrame(raw);
    if (!parsed.ok) return this.#malformed({ socket, ref: parsed.ref }, session, parsed);
    const origin = { socket, ref: parsed.frame.ref };
    const retryAfterMs = this.#wait(session, parsed.frame);
    if (retryAfterMs > 0) this.#refuse(origin, refuse("RATE_LIMITED", "Too many frames.", { retryAfterMs }));
    else this.#guard(origin, () => this.#act(origin, session, parsed.frame));
  }

  #wait({ user, rateLimits }: Session, { type }: ClientFrame): number {
    if (!rateLimits) return 0;
    if (type === "sync") return this.#syncRate.take(user.id, Date.now());
    return LIGHT.has(type) ? this.#signalRate.take(user.id, Date.now()) : 0;
  }

  #act(origin: Origin, session: Session, frame: ClientFrame): void {
    const { changes } = this.#parts;
    switch (frame.type) {
      case "send_message":
        return this.#send(origin, session, frame.payload);
      case "edit_message":
        return this.#change(origin, () => changes.edit(session, frame.payload, origin));
      case "delete_message":
        return this.#change(origin, () => changes.delete(session, frame.payload.messageId, origin));
      case "add_reaction":
        return this.#change(origin, () => changes.addReaction(session, frame.payload, origin));
      case "remove_reaction":
        return this.#change(origin, () => changes.removeReaction(session, frame.payload, origin));
      case "typing_start":
        return this.#typing(session, "user_typing");
      case "typing_stop":
        return this.#typing(session, "user_stopped_typing");
      case "mark_read":
        return this.#markRead(origin, session, frame.payload);
      case "set_status":
        return this.#setStatus(origin, session, frame.payload);
      case "sync":
        this.#parts.broadcast.flush();
        return catchUp(this.#parts.archive, origin, session.user.id, frame.payload.after);
    }
  }

  #send(origin: Origin, session: Session, draft: Payload<"send_message">): void {
    const { broadcast, intake } = this.#parts;
    intake.send(session, draft, (outcome) => {
      if (outcome.ok) {
        const { clientId, seq, id } = outcome.value;
        broadcast.reply(origin, "message_ack", { clientId, seq, id });
      } else broadcast.reply(origin, "error", toError(outcome));
    });
  }

  /** Nobody is told that somebody writes who may not speak. */
  #typing(session: Session, type: "user_typing" | "user_stopped_typing"): void {
    const { broadcast, roster } = this.#parts;
    const { user } = session;
    if (mutedRefusal(session, clock.now().getTime()) !== undefined) return;
    const own = (socket: WebSocket) => roster.session(socket)?.user.id === user.id;
    broadcast.signal(user.id, type, { userId: user.id, username: user.username }, own);
  }

  #markRead(origin: Origin, { user }: Session, { seq }: Payload<"mark_read">): void {
    const { archive, broadcast } = this.#parts;
    const read = { userId: user.id, readSeq: archive.markRead(user.id, seq) };
    this.#answer(origin, "read_changed", read);
    broadcast.signal(user.id, "read_changed", read, (socket) => socket === origin.socket);
  }

  #setStatus(origin: Origin, { user }: Session, { status }: Payload<"set_status">): void {
    this.#parts.roster.changeUser(user.id, { status });
    this.#answer(origin, "presence_changed", this.#parts.presence.tell(user.id, origin.socket));
  }

  #malformed(origin: Origin, session: Session, refusal: { code: Refusal["code"]; message: string }): void {
    const { broadcast, presence, roster } = this.#parts;
    const malformed = session.malformed + 1;
    roster.change(origin.socket, { malformed });
    this.#refuse(origin, refuse(refusal.code, refusal.message));
    if (malformed < MALFORMED_FRAMES_ALLOWED) return;
    broadcast.flush();
    presence.hangUp(origin.socket, 1008, "too many malformed frames");
  }

  #change(origin: Origin, change: () => { ok: true } | Refusal): void {
    this.#parts.broadcast.later(() =>
      this.#guard(origin, () => {
        const outcome = change();
        if (!outcome.ok) this.#refuse(origin, outcome);
      }),
    );
  }

  #guard(origin: Origin, act: () => void): void {
    try {
      act();
    } catch (error) {
      createLogger().error("a frame failed", error);
      this.#refuse(origin, refuse("INTERNAL", "Something went wrong on our side."));
    }
  }

  #refuse(origin: Origin, refusal: Refusal): void {
    this.#answer(origin, "error", toError(refusal));
  }

  #answer<T extends ServerFrameType>(origin: Origin, type: T, payload: ServerPayloads[T]): void {
    this.#parts.broadcast.reply(origin, type, payload);
    this.#parts.broadcast.due();
  }
}

const toError = ({ code, message, details }: Refusal): ServerPayloads["error"] => ({ code, message, ...details });
