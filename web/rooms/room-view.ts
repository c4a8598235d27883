import { call, Refused } from "./api.ts";
import { Company } from "./company.ts";
import { Composer } from "./composer.ts";
import { Connection, type Link } from "./connection.ts";
import { badge, element } from "./dom.ts";
import { RoomHistory } from "./room-history.ts";
import type { Me } from "./sign-in.ts";
import { Timeline } from "./timeline.ts";
import type { Frame, Message, Room, Status } from "./wire.ts";

interface Events {
  unread(count: number): void;
  signedOut(): void;
  failed(error: unknown): void;
}

const PAGE = 50;
const words: Record<Link, string> = {
  connecting: "Connecting…",
  live: "",
  waiting: "Connection lost. What you write is kept and sent when it is back.",
  "signed out": "Your session has ended.",
  "shut out": "You are no longer in this room.",
};

/** One room, live. */
export class RoomView {
  readonly node: HTMLElement;
  readonly #room: Room;
  readonly #me: Me;
  readonly #events: Events;
  readonly #history: RoomHistory;
  readonly #company: Company;
  readonly #connection: Connection;
  readonly #timeline: Timeline;
  readonly #composer: Composer;
  readonly #banner = element("p", { class: "banner", role: "status" });
  readonly #typing = element("p", { class: "typing quiet", "aria-live": "polite" });
  readonly #online = element("span", { class: "online" });
  readonly #people = element("ul", { class: "people" });
  readonly #status: HTMLSelectElement;
  readonly #blocked = new Set<string>();
  readonly #ticking: ReturnType<typeof setInterval>;
  #link: Link = "connecting";
  #wished: Status = "online";
  #moderates = false;
  /** How far was read when the room was opened: the mark of what is new stays there. */
  #firstRead: number | undefined;
  #readSeq = 0;
  #hasOlder = true;
  #asking = false;

  constructor(room: Room, name: string, me: Me, events: Events) {
    this.#room = room;
    this.#me = me;
    this.#events = events;
    this.#history = new RoomHistory(me.id);
    this.#company = new Company(me.id);
    this.#timeline = new Timeline(
      {
        react: ({ id }, emoji, mine) => this.#ask(mine ? "remove_reaction" : "add_reaction", { messageId: id, emoji }),
        reply: (message) => this.#composer.reply(message),
        edit: (message) => this.#composer.edit(message),
        remove: ({ id }) => this.#ask("delete_message", { messageId: id }),
      },
      () => void this.#loadOlder(),
    );
    this.#composer = new Composer(name, {
      say: (body, replyTo) => this.#say(body, replyTo),
      edit: (messageId, body) => this.#ask("edit_message", { messageId, body }),
      typing: (active) => this.#connection.send(active ? "typing_start" : "typing_stop"),
    });
    this.#status = this.#statusChoice();
    this.node = this.#layout(name);
    this.#timeline.node.addEventListener("scroll", this.#markRead);
    document.addEventListener("visibilitychange", this.#markRead);
    this.#ticking = setInterval(() => this.#drawTyping(), 1000);
    this.#connection = new Connection(room.id, this.#history, {
      frames: (frames) => this.#take(frames),
      link: (link) => this.#linked(link),
    });
  }

  focus(): void {
    this.#composer.focus();
  }

  close(): void {
    clearInterval(this.#ticking);
    document.removeEventListener("visibilitychange", this.#markRead);
    this.#connection.close();
  }

  #say(body: string, replyTo: string | null): void {
    const draft = { clientId: crypto.randomUUID(), body, replyTo };
    this.#history.say(draft);
    this.#connection.send("send_message", draft, draft.clientId);
    this.#draw("end");
    this.#timeline.toEnd();
  }

  #ask(type: string, payload: object): void {
    if (!this.#connection.send(type, payload)) this.#events.failed(new Refused("OFFLINE", "Not connected just now."));
  }

  #take(frames: readonly Frame[]): void {
    const now = Date.now();
    for (const frame of frames) {
      this.#company.take(frame, now);
      if (frame.type === "welcome") this.#welcome(frame.payload);
      if (frame.type === "read_changed" && frame.payload.userId === this.#me.id) this.#readSeq = frame.payload.readSeq;
      if (frame.type === "sync_reset") this.#hasOlder = frame.payload.messages.length > 0;
      if (frame.type === "member_changed" && frame.payload.userId === this.#me.id && frame.payload.role) {
        this.#moderates = frame.payload.role !== "member";
      }
      if (frame.type === "error") this.#refused(frame);
    }
    if (this.#company.hasStrangers) void this.#learnNames();
    this.#draw("end");
    this.#drawPeople();
    this.#drawTyping();
    this.#markRead();
  }

  #welcome({ self, readSeq, lastSeq, blocked }: Extract<Frame, { type: "welcome" }>["payload"]): void {
    this.#moderates = self.role !== "member";
    this.#readSeq = readSeq;
    this.#firstRead ??= readSeq < lastSeq ? readSeq : 0;
    for (const id of blocked) this.#blocked.add(id);
    // A room that is replayed from its first event has nothing earlier.
    if (this.#history.lastSeq === 0) this.#hasOlder = false;
  }

  #refused({ payload, ref }: Extract<Frame, { type: "error" }>): void {
    const draft = typeof ref === "string" ? this.#history.withdraw(ref) : undefined;
    if (draft) this.#composer.giveBack(draft.body);
    const wait = payload.retryAfterMs === undefined ? "" : ` Try again in ${Math.ceil(payload.retryAfterMs / 1000)} s.`;
    this.#events.failed(new Refused(payload.code, payload.message + wait));
  }

  #linked(link: Link): void {
    this.#link = link;
    this.#banner.textContent = words[link];
    this.#banner.dataset["link"] = link;
    if (link === "signed out") this.#events.signedOut();
    if (link === "live") this.#timeline.toEnd();
    // A status belongs to open sockets, and so ends with the last of them.
    if (link === "live" && this.#wished !== "online") this.#ask("set_status", { status: this.#wished });
    this.#draw("end");
  }

  async #loadOlder(): Promise<void> {
    const first = this.#history.messages[0]?.seq;
    if (this.#asking || first === undefined) return;
    this.#asking = true;
    try {
      const older = await call<Message[]>("GET", `/rooms/${this.#room.id}/messages?before=${first}&limit=${PAGE}`);
      this.#hasOlder = older.length === PAGE;
      this.#history.addOlder(older);
      this.#draw("place");
    } catch (error) {
      this.#events.failed(error);
    } finally {
      this.#asking = false;
    }
  }

  /** Presence names ids; who is new here is found among the members. */
  async #learnNames(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const members = await call<{ user: { id: string; username: string } }[]>(
        "GET",
        `/rooms/${this.#room.id}/members?limit=100`,
      );
      for (const { user } of members) this.#company.introduce(user.id, user.username);
      this.#drawPeople();
    } catch (error) {
      this.#events.failed(error);
    } finally {
      this.#asking = false;
    }
  }

  /** Seen is what was at the end of a page that is in view. */
  readonly #markRead = (): void => {
    const { lastSeq, messages } = this.#history;
    const unread = messages.filter(
      ({ seq, author, body }) => seq > this.#readSeq && author.id !== this.#me.id && body !== null,
    );
    const seen = document.visibilityState === "visible" && this.#timeline.atEnd;
    this.#events.unread(seen ? 0 : unread.length);
    if (seen && unread.length > 0 && this.#connection.send("mark_read", { seq: lastSeq })) this.#readSeq = lastSeq;
  };

  #draw(stay: "end" | "place"): void {
    this.#timeline.draw(
      {
        messages: this.#history.messages,
        outbox: this.#history.outbox,
        me: this.#me,
        moderates: this.#moderates,
        blocked: this.#blocked,
        readSeq: this.#firstRead ?? 0,
        live: this.#link === "live",
        hasOlder: this.#hasOlder,
      },
      stay,
    );
  }

  #drawPeople(): void {
    const { people, online } = this.#company;
    this.#online.textContent = `${online} here`;
    this.#status.value = this.#company.status;
    const listed = people.map(({ username, status }) =>
      element(
        "li",
        {},
        badge(username),
        element("span", { class: "name" }, username || "…"),
        element("span", { class: `dot ${status}`, title: status }, element("span", { class: "hidden" }, status)),
      ),
    );
    const more = online - people.length;
    this.#people.replaceChildren(
      ...listed,
      ...(more > 0 ? [element("li", { class: "quiet" }, `and ${more} more`)] : []),
    );
  }

  #drawTyping(): void {
    const names = this.#company.typing(Date.now());
    const several = names.length > 2 ? `${names.length} people are typing…` : `${names.join(" and ")} are typing…`;
    const text = names.length === 0 ? "" : names.length === 1 ? `${names[0]} is typing…` : several;
    if (this.#typing.textContent !== text) this.#typing.textContent = text;
  }

  #statusChoice(): HTMLSelectElement {
    const choice = element(
      "select",
      { "aria-label": "My status" },
      ...(["online", "away", "busy"] satisfies Status[]).map((value) => element("option", { value }, value)),
    );
    choice.addEventListener("change", () => {
      this.#wished = choice.value as Status;
      this.#ask("set_status", { status: this.#wished });
    });
    return choice;
  }

  #layout(name: string): HTMLElement {
    return element(
      "main",
      { class: "room-view" },
      element(
        "header",
        { class: "top" },
        element("div", {}, element("h1", {}, name), element("p", { class: "quiet" }, this.#room.topic ?? "")),
        this.#online,
      ),
      this.#banner,
      element(
        "div",
        { class: "middle" },
        element("div", { class: "talk" }, this.#timeline.node, this.#typing, this.#composer.node),
        element("aside", { "aria-label": "Who is here" }, element("h2", {}, "Here now"), this.#people, this.#status),
      ),
    );
  }
}
