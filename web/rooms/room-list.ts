import { call } from "./api.ts";
import { button, element } from "./dom.ts";
import type { Room } from "./wire.ts";

interface Events {
  open(room: Room): void;
  failed(error: unknown): void;
}

const LISTED = 50;
const icon = { public: "#", private: "🔒", direct: "@", goal: "🎯", project: "🛠" } as const;

/** My rooms with what is unread in them, and the public ones to join. */
export class RoomList {
  readonly node: HTMLElement;
  readonly #mine = element("ul", { class: "rooms" });
  readonly #others = element("ul", { class: "rooms" });
  readonly #more = element("section", { hidden: true }, element("h2", {}, "Public rooms"), this.#others);
  readonly #events: Events;
  readonly #me: string;
  #rooms: Room[] = [];
  #openId: string | undefined;

  constructor(me: string, events: Events) {
    this.#me = me;
    this.#events = events;
    this.node = element(
      "nav",
      { class: "list", "aria-label": "Rooms" },
      element("section", {}, element("h2", {}, "My rooms"), this.#mine),
      this.#more,
      this.#opening(),
    );
  }

  async load(): Promise<Room[]> {
    const [mine, open] = await Promise.all([
      call<Room[]>("GET", `/rooms?mine=true&limit=${LISTED}`),
      call<Room[]>("GET", `/rooms?limit=${LISTED}`),
    ]);
    this.#rooms = mine;
    const others = open.filter((room) => room.membership === null);
    this.#more.hidden = others.length === 0;
    this.#others.replaceChildren(...others.map((room) => this.#entry(room)));
    this.#show();
    return mine;
  }

  mark(openId: string | undefined): void {
    this.#openId = openId;
    this.#show();
  }

  /** The open room counts for itself. */
  setUnread(roomId: string, unread: number): void {
    this.#rooms = this.#rooms.map((room) => (room.id === roomId ? { ...room, unread } : room));
    this.#show();
  }

  nameOf(room: Pick<Room, "kind" | "name">): string {
    if (room.kind !== "direct") return room.name;
    return room.name.split(", ").find((name) => name !== this.#me) ?? room.name;
  }

  #show(): void {
    const entries = this.#rooms.map((room) => this.#entry(room));
    this.#mine.replaceChildren(...(entries.length > 0 ? entries : [element("li", { class: "quiet" }, "None yet.")]));
  }

  #entry(room: Room): HTMLElement {
    const unread = room.unread > 99 ? "99+" : String(room.unread);
    const count =
      room.unread > 0 && element("span", { class: "count" }, unread, element("span", { class: "hidden" }, " unread"));
    const entry = button("", () => this.#open(room), {
      class: "room",
      "aria-current": room.id === this.#openId ? "page" : null,
    });
    const invited = room.membership === "invited" && element("span", { class: "count" }, "invited");
    entry.append(
      element("span", { class: "kind", "aria-hidden": "true" }, icon[room.kind]),
      element("span", { class: "name" }, this.nameOf(room)),
      ...[count, invited].filter((part) => part !== false),
    );
    return element("li", {}, entry);
  }

  #open(room: Room): void {
    if (room.membership === "joined") this.#events.open(room);
    else void this.#try(async () => await call<Room>("POST", `/rooms/${room.id}/join`));
  }

  /** Makes or joins a room, and goes there. */
  async #try(enter: () => Promise<Room>): Promise<void> {
    try {
      const room = await enter();
      await this.load();
      this.#events.open(room);
    } catch (error) {
      this.#events.failed(error);
    }
  }

  #opening(): HTMLElement {
    const name = element("input", { "aria-label": "Name of the new room", placeholder: "New room", maxlength: 80 });
    const submit = (event: Event): void => {
      event.preventDefault();
      const wanted = name.value.trim();
      name.value = "";
      if (wanted.startsWith("@")) {
        void this.#try(async () => await call<Room>("POST", "/rooms/direct", { username: wanted.slice(1) }));
      } else if (wanted !== "") {
        void this.#try(async () => await call<Room>("POST", "/rooms", { kind: "public", name: wanted }));
      }
    };
    return element(
      "form",
      { class: "opening", on: { submit } },
      name,
      element("button", { type: "submit" }, "Open"),
      element("p", { class: "quiet" }, "A name opens a public room, @someone a talk between two."),
    );
  }
}
