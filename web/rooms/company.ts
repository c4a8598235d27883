import type { Frame, Present, Status } from "./wire.ts";

const TYPING_LASTS_MS = 5000;

/** Who is in the room, and who is typing: heard of, never stored. */
export class Company {
  readonly #me: string;
  #present = new Map<string, Present>();
  readonly #typing = new Map<string, { username: string; until: number }>();
  #online = 0;
  /** More people are here than are listed. */
  #crowd = false;
  /** Names of people seen anywhere in the room, since `presence_changed` has ids only. */
  readonly #names = new Map<string, string>();

  constructor(me: string) {
    this.#me = me;
  }

  get online(): number {
    return this.#crowd ? this.#online : this.#present.size;
  }

  get people(): Present[] {
    return [...this.#present.values()].toSorted((a, b) => a.username.localeCompare(b.username));
  }

  get status(): Status {
    return this.#present.get(this.#me)?.status ?? "online";
  }

  typing(now: number): string[] {
    return [...this.#typing.values()].filter(({ until }) => until > now).map(({ username }) => username);
  }

  /** Whether there is anybody whose name is not known yet. */
  get hasStrangers(): boolean {
    return [...this.#present.values()].some(({ username }) => username === "");
  }

  introduce(id: string, username: string): void {
    this.#names.set(id, username);
    const present = this.#present.get(id);
    if (present?.username === "") this.#present.set(id, { ...present, username });
  }

  take(frame: Frame, now: number): void {
    switch (frame.type) {
      case "welcome":
        this.#list(frame.payload.online, [...frame.payload.members, frame.payload.self]);
        this.#typing.clear();
        return;
      case "presence_summary":
        this.#list(frame.payload.online, frame.payload.members);
        return;
      case "presence_changed":
        this.#change(frame.payload);
        return;
      case "user_typing":
        this.#typing.set(frame.payload.userId, { username: frame.payload.username, until: now + TYPING_LASTS_MS });
        return;
      case "user_stopped_typing":
        this.#typing.delete(frame.payload.userId);
        return;
      case "chat_message":
        this.#typing.delete(frame.payload.author.id);
        this.introduce(frame.payload.author.id, frame.payload.author.username);
        return;
      case "member_changed":
        if (frame.payload.user) this.introduce(frame.payload.userId, frame.payload.user.username);
        return;
      default:
    }
  }

  #list(online: number, people: readonly Present[]): void {
    this.#present = new Map(people.map((person) => [person.id, person]));
    this.#online = online;
    this.#crowd = online > this.#present.size;
    for (const { id, username } of people) this.#names.set(id, username);
  }

  #change({ userId, status, connections }: Extract<Frame, { type: "presence_changed" }>["payload"]): void {
    if (status === "offline") {
      this.#present.delete(userId);
      this.#typing.delete(userId);
    } else {
      const known = this.#present.get(userId);
      const username = known?.username ?? this.#names.get(userId) ?? "";
      this.#present.set(userId, { id: userId, username, avatarUrl: null, status, connections });
    }
  }
}
