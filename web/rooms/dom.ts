type Child = Node | string | null | false;

interface Attributes {
  class?: string;
  on?: Partial<{ [E in keyof HTMLElementEventMap]: (event: HTMLElementEventMap[E]) => void }>;
  [name: string]: unknown;
}

/** Makes an element: `true` is an attribute without a value; null, false and undefined are none. Text is always text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { on = {}, ...attributes }: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(made, name, value);
  for (const [name, listener] of Object.entries(on)) made.addEventListener(name, listener as EventListener);
  made.append(...children.filter((child) => child !== null && child !== false));
  return made;
}

export function set(target: Element, name: string, value: unknown): void {
  if (value === undefined || value === null || value === false) target.removeAttribute(name);
  else if (typeof value === "string" || typeof value === "number") target.setAttribute(name, String(value));
  else target.setAttribute(name, "");
}

export const button = (label: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement =>
  element("button", { type: "button", on: { click: act }, ...attributes }, label);

/** What an image would show: two letters, on one of twelve grounds that stays with the name. */
export function badge(username: string): HTMLElement {
  const ground = Array.from(username).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 12, 7);
  const letters = Array.from(username.replace(/^_+/u, "")).slice(0, 2).join("").toUpperCase() || "?";
  return element("span", { class: `badge ground-${ground}`, "aria-hidden": "true" }, letters);
}
