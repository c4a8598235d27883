const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", '"': '"', "\\": "\\", "/": "/" };

/**
 * Reads one string field of a JSON object while the object is still being written. An answer that does not begin as
 * an object is taken as the text itself.
 */
export class PartialField {
  readonly #opening: RegExp;
  #text = "";
  #at = 0;
  #state: "before" | "inside" | "plain" | "done" = "before";

  constructor(field: string) {
    this.#opening = new RegExp(`"${field}"\\s*:\\s*"`);
  }

  /** All that came so far. */
  get text(): string {
    return this.#text;
  }

  get isPlain(): boolean {
    return this.#state === "plain";
  }

  /** What of the field became readable with this piece. */
  push(piece: string): string {
    this.#text += piece;
    if (this.#state === "before") this.#begin();
    if (this.#state === "plain") return this.#rest();
    return this.#state === "inside" ? this.#read() : "";
  }

  #begin(): void {
    const start = this.#text.trimStart();
    if (start === "") return;
    if (!/^(\{|`{1,3}$|```)/.test(start)) {
      this.#state = "plain";
      return;
    }
    const found = this.#opening.exec(this.#text);
    if (found === null) return;
    this.#state = "inside";
    this.#at = found.index + found[0].length;
  }

  #rest(): string {
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    return rest;
  }

  #read(): string {
    let out = "";
    while (this.#at < this.#text.length) {
      const unit = this.#text.charAt(this.#at);
      if (unit === '"') {
        this.#state = "done";
        break;
      }
      const escape = unit === "\\" ? this.#escape() : { value: unit, length: 1 };
      if (escape === undefined) break;
      out += escape.value;
      this.#at += escape.length;
    }
    return out;
  }

  /** The escape that begins here; undefined while it is not complete. */
  #escape(): { value: string; length: number } | undefined {
    const kind = this.#text.charAt(this.#at + 1);
    if (kind === "") return undefined;
    if (kind !== "u") return { value: ESCAPES[kind] ?? kind, length: 2 };
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (digits.length < 4) return undefined;
    const code = Number.parseInt(digits, 16);
    return { value: String.fromCharCode(Number.isNaN(code) ? 0xfffd : code), length: 6 };
  }
}
