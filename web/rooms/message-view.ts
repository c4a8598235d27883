import { badge, button, element } from "./dom.ts";
import type { Message } from "./wire.ts";

export interface Acts {
  react(message: Message, emoji: string, mine: boolean): void;
  reply(message: Message): void;
  edit(message: Message): void;
  remove(message: Message): void;
}

interface Look {
  mine: boolean;
  /** May delete others' messages. */
  moderates: boolean;
  /** Follows closely on one of the same author. */
  continued: boolean;
  /** Somebody whom I blocked. */
  blocked: boolean;
  answered: Message | undefined;
  now: number;
}

const EDIT_WINDOW_MS = 15 * 60_000;
const QUICK = ["👍", "❤️", "🎉", "😄", "🤔"];
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function messageView(message: Message, look: Look, acts: Acts): HTMLElement {
  const { author, createdAt, editedAt } = message;
  const head = element(
    "header",
    {},
    element("strong", {}, author.username),
    element(
      "time",
      { datetime: createdAt, title: new Date(createdAt).toLocaleString() },
      clock.format(new Date(createdAt)),
    ),
    editedAt !== null && message.body !== null && element("span", { class: "quiet" }, "edited"),
  );
  return element(
    "li",
    { class: look.continued ? "message continued" : "message", "data-id": message.id, "data-seq": message.seq },
    badge(author.username),
    element(
      "div",
      { class: "content" },
      head,
      look.answered !== undefined && quotation(look.answered),
      words(message, look),
      look.blocked || message.body === null ? null : attachments(message),
      reactions(message, acts),
    ),
    message.body !== null && actions(message, look, acts),
  );
}

function quotation({ author, body }: Message): HTMLElement {
  return element("p", { class: "quotation" }, element("strong", {}, author.username), ` ${body ?? "(deleted)"}`);
}

function words({ body, author }: Message, { blocked }: Look): HTMLElement {
  if (body === null) return element("p", { class: "words quiet" }, "This message was deleted.");
  if (!blocked) return element("p", { class: "words" }, ...linked(body));
  return element(
    "details",
    { class: "words" },
    element("summary", { class: "quiet" }, `You blocked ${author.username}.`),
    element("p", {}, body),
  );
}

/** On other hosts by https, or files of this one. */
function attachments({ attachments }: Message): HTMLElement | null {
  const safe = attachments.filter(({ url }) => url.startsWith("https://") || url.startsWith("/api/"));
  if (safe.length === 0) return null;
  const links = safe.map(({ url, name, size, type }) =>
    element(
      "li",
      {},
      element("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, name),
      element("span", { class: "quiet" }, ` ${type}, ${Math.ceil(size / 1024)} KiB`),
    ),
  );
  return element("ul", { class: "attachments" }, ...links);
}

/** Addresses in the words become links. */
function linked(body: string): (Node | string)[] {
  return body.split(/(https?:\/\/[^\s<>"]+)/u).map((part, n) => {
    if (n % 2 === 0) return part;
    return element("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part);
  });
}

function reactions(message: Message, acts: Acts): HTMLElement | null {
  if (message.reactions.length === 0) return null;
  const chips = message.reactions.map(({ emoji, count, mine }) =>
    button(`${emoji} ${count}`, () => acts.react(message, emoji, mine), {
      class: "chip",
      "aria-pressed": String(mine),
      "aria-label": `${emoji}, ${count} ${count === 1 ? "person" : "people"}${mine ? ", you too" : ""}`,
    }),
  );
  return element("div", { class: "reactions" }, ...chips);
}

function actions(message: Message, { mine, moderates, now }: Look, acts: Acts): HTMLElement {
  const quick = QUICK.map((emoji) => {
    const pressed = message.reactions.some((kind) => kind.emoji === emoji && kind.mine);
    return button(emoji, () => acts.react(message, emoji, pressed), { "aria-label": `React with ${emoji}` });
  });
  const fresh = now - Date.parse(message.createdAt) < EDIT_WINDOW_MS;
  return element(
    "div",
    { class: "actions", role: "group", "aria-label": `About the message of ${message.author.username}` },
    ...quick,
    button("Reply", () => acts.reply(message)),
    mine && fresh && button("Edit", () => acts.edit(message)),
    (mine || moderates) && button("Delete", () => acts.remove(message)),
  );
}

/** Said here, not yet acknowledged. */
export const waitingView = (username: string, body: string, live: boolean): HTMLElement =>
  element(
    "li",
    { class: "message waiting" },
    badge(username),
    element(
      "div",
      { class: "content" },
      element(
        "header",
        {},
        element("strong", {}, username),
        element("span", { class: "quiet" }, live ? "sending…" : "will be sent"),
      ),
      element("p", { class: "words" }, body),
    ),
  );
