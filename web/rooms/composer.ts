import { button, element } from "./dom.ts";
import type { Message } from "./wire.ts";

interface Events {
  say(body: string, replyTo: string | null): void;
  edit(messageId: string, body: string): void;
  typing(active: boolean): void;
}

const LONGEST = 4000;
const TYPING_TOLD_EVERY_MS = 3000;

/** Where one writes: a new message, an answer, or other words for an old one. */
export class Composer {
  readonly node: HTMLFormElement;
  readonly #events: Events;
  readonly #text: HTMLTextAreaElement;
  readonly #about = element("div", { class: "about", hidden: true });
  #replyTo: Message | undefined;
  #editing: Message | undefined;
  #toldAt = 0;

  constructor(roomName: string, events: Events) {
    this.#events = events;
    this.#text = element("textarea", {
      rows: 1,
      placeholder: `Message ${roomName}`,
      "aria-label": `Message ${roomName}`,
      "aria-describedby": "composer-hint",
      on: { keydown: (event) => this.#key(event), input: () => this.#typed() },
    });
    const submit = (event: Event): void => {
      event.preventDefault();
      this.#submit();
    };
    this.node = element(
      "form",
      { class: "composer", on: { submit } },
      this.#about,
      element("div", { class: "line" }, this.#text, element("button", { type: "submit", class: "primary" }, "Send")),
      element("p", { class: "quiet hint", id: "composer-hint" }, "Enter sends, Shift+Enter begins a new line."),
    );
  }

  focus(): void {
    this.#text.focus();
  }

  reply(message: Message): void {
    this.#turnTo({ replyTo: message }, `Answering ${message.author.username}`);
  }

  edit(message: Message): void {
    this.#turnTo({ editing: message }, "Changing your message");
    this.#text.value = message.body ?? "";
    this.#grow();
  }

  /** Gives words back that were refused, if nothing else is being written. */
  giveBack(body: string): void {
    if (this.#text.value === "") this.#text.value = body;
    this.#grow();
  }

  #turnTo({ replyTo, editing }: { replyTo?: Message; editing?: Message }, label: string): void {
    if (this.#editing !== undefined) this.#text.value = "";
    this.#replyTo = replyTo;
    this.#editing = editing;
    this.#about.replaceChildren(
      label,
      button("Cancel", () => this.#cancel()),
    );
    this.#about.hidden = false;
    this.focus();
  }

  #cancel(): void {
    if (this.#editing !== undefined) this.#text.value = "";
    this.#replyTo = undefined;
    this.#editing = undefined;
    this.#about.hidden = true;
    this.#grow();
    this.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
    if (event.key === "Escape" && !this.#about.hidden) this.#cancel();
  }

  #typed(): void {
    this.#grow();
    const now = Date.now();
    if (this.#editing !== undefined || this.#text.value === "" || now - this.#toldAt < TYPING_TOLD_EVERY_MS) return;
    this.#toldAt = now;
    this.#events.typing(true);
  }

  #submit(): void {
    const body = this.#text.value.trim();
    if (body === "") return;
    const long = Array.from(body.normalize("NFC")).length - LONGEST;
    this.#text.setCustomValidity(long > 0 ? `${long} characters too long.` : "");
    if (!this.#text.reportValidity()) return;
    if (this.#editing) this.#events.edit(this.#editing.id, body);
    else this.#events.say(body, this.#replyTo?.id ?? null);
    if (this.#toldAt > 0) this.#events.typing(false);
    this.#toldAt = 0;
    this.#text.value = "";
    this.#cancel();
  }

  /** As many lines as are written, up to eight. */
  #grow(): void {
    this.#text.setCustomValidity("");
    this.#text.rows = Math.min(8, this.#text.value.split("\n").length);
  }
}
