import { element } from "./dom.ts";
import { type Acts, messageView, waitingView } from "./message-view.ts";
import type { Draft, Message } from "./wire.ts";

export interface Scene {
  messages: readonly Message[];
  outbox: readonly Draft[];
  me: { id: string; username: string };
  moderates: boolean;
  blocked: ReadonlySet<string>;
  /** Others' messages after this one are new. */
  readSeq: number;
  live: boolean;
  hasOlder: boolean;
}

type Drawn = Map<string, { message: Message; look: string; node: HTMLElement }>;

const CONTINUED_WITHIN_MS = 5 * 60_000;
const NEAR_THE_END_PX = 80;
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

/** The messages, oldest first. Only what changed is drawn again, and whoever reads at the end stays at the end. */
export class Timeline {
  readonly node: HTMLElement;
  readonly #list = element("ol", { class: "messages", role: "log", "aria-live": "polite", "aria-label": "Messages" });
  readonly #older: HTMLButtonElement;
  readonly #acts: Acts;
  #drawn: Drawn = new Map();
  #following = true;

  constructor(acts: Acts, older: () => void) {
    this.#acts = acts;
    this.#older = element(
      "button",
      { type: "button", class: "older", hidden: true, on: { click: older } },
      "Earlier messages",
    );
    this.node = element("div", { class: "timeline", tabindex: 0 }, this.#older, this.#list);
    this.node.addEventListener("scroll", () => (this.#following = this.atEnd));
    new ResizeObserver(() => this.#following && this.toEnd()).observe(this.node);
  }

  /** Whether the newest message is in sight. */
  get atEnd(): boolean {
    return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR_THE_END_PX;
  }

  draw(scene: Scene, stay: "end" | "place"): void {
    const fromEnd = this.node.scrollHeight - this.node.scrollTop;
    const follow = stay === "end" && this.atEnd;
    this.#older.hidden = !scene.hasOlder;
    this.#sync(this.#nodes(scene));
    if (follow) this.toEnd();
    else if (stay === "place") this.node.scrollTop = this.node.scrollHeight - fromEnd;
  }

  toEnd(): void {
    this.node.scrollTop = this.node.scrollHeight;
  }

  #nodes(scene: Scene): HTMLElement[] {
    const byId = new Map(scene.messages.map((message) => [message.id, message]));
    const drawn: Drawn = new Map();
    const nodes: HTMLElement[] = [];
    let before: Message | undefined;
    let divided = scene.readSeq === 0;
    for (const message of scene.messages) {
      const newDay = before === undefined || day(before) !== day(message);
      if (newDay) nodes.push(element("li", { class: "divider" }, element("span", {}, day(message))));
      if (!divided && message.seq > scene.readSeq && message.author.id !== scene.me.id) {
        divided = true;
        nodes.push(element("li", { class: "divider new" }, element("span", {}, "New")));
      }
      nodes.push(this.#one(message, !newDay && continues(before, message), scene, byId, drawn));
      before = message;
    }
    this.#drawn = drawn;
    return [...nodes, ...scene.outbox.map(({ body }) => waitingView(scene.me.username, body, scene.live))];
  }

  #one(
    message: Message,
    continued: boolean,
    { me, moderates, blocked }: Scene,
    byId: ReadonlyMap<string, Message>,
    drawn: Drawn,
  ): HTMLElement {
    const answered = message.replyTo === null ? undefined : byId.get(message.replyTo);
    const look = {
      mine: message.author.id === me.id,
      moderates,
      continued: continued && answered === undefined,
      blocked: blocked.has(message.author.id),
      answered,
    };
    const key = JSON.stringify([look.moderates, look.continued, look.blocked, answered?.body]);
    const known = this.#drawn.get(message.id);
    const same = known !== undefined && known.message === message && known.look === key;
    const node = same ? known.node : messageView(message, { ...look, now: Date.now() }, this.#acts);
    drawn.set(message.id, { message, look: key, node });
    return node;
  }

  /** Puts the nodes in place and touches none that is there already, so that focus and screen readers are left alone. */
  #sync(nodes: readonly HTMLElement[]): void {
    const wanted = new Set<Node>(nodes);
    for (const child of Array.from(this.#list.children)) if (!wanted.has(child)) child.remove();
    let at = this.#list.firstChild;
    for (const node of nodes) {
      if (node === at) at = at.nextSibling;
      else this.#list.insertBefore(node, at);
    }
  }
}

const day = ({ createdAt }: Message): string => dayFormat.format(new Date(createdAt));

function continues(before: Message | undefined, { author, createdAt }: Message): boolean {
  if (before?.author.id !== author.id) return false;
  return Date.parse(createdAt) - Date.parse(before.createdAt) < CONTINUED_WITHIN_MS;
}
