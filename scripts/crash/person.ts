import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Json } from "../demo-client.ts";
import type { Journal } from "./journal.ts";

const PASSWORD = "Sunny-Harbour-7";
const PATIENCE_MS = 15_000;

/** Where the server is now; null between a crash and the next start. */
export interface World {
  url: string | null;
  rooms: string[];
  journal: Journal;
  /** The id of what was written under a unique title, when the answer that told it was lost. */
  find(table: "goals" | "challenges", title: string): Promise<string>;
}

interface Answer {
  status: number;
  data: Json;
  code: string | undefined;
}

/** No answer, or one that says nothing about what was written. */
class Unanswered extends Error {}

type Action = () => Promise<void>;

/** One writer. What gets no answer is sent again, with the same key, until it gets one. */
export class Person {
  id = "";
  readonly #world: World;
  readonly #name = `crash_${randomUUID().slice(0, 13).replace("-", "")}`;
  #token = "";
  #refreshToken = "";
  #rotating = false;
  #goal = "";
  #milestones: string[] = [];
  #pending: Action | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Registers, plans and enters the rooms. */
  async start(): Promise<void> {
    const email = `${this.#name}@example.org`;
    const { data } = await this.#expect(201, "/auth/register", { email, username: this.#name, password: PASSWORD });
    this.#signedIn(data);
    this.id = data.user.id;
    this.#world.journal.people.push({ id: this.id, email });
    const milestones = Array.from({ length: 50 }, (_, n) => ({ title: `Step ${n + 1}` }));
    const goal = await this.#expect(201, "/goals", { title: "Survive", visibility: "public", milestones });
    this.#goal = goal.data.id;
    this.#milestones = goal.data.milestones.map(({ id }: Json) => id);
    for (const room of this.#world.rooms) await this.#expect([200, 201, 204], `/rooms/${room}/join`, {});
  }

  /** Makes a room that all others can enter. */
  async openRoom(name: string): Promise<string> {
    return (await this.#expect(201, "/rooms", { kind: "public", name })).data.id;
  }

  /** Writes until told to stop or until the server is gone. */
  async write(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#world.url !== null) {
      if (this.#pending) this.#world.journal.repeated += 1;
      this.#pending ??= this.#choose();
      try {
        await this.#pending();
        this.#pending = undefined;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        await delay(50);
      }
      await delay(20 + Math.random() * 100);
    }
  }

  get(path: string): Promise<Answer> {
    return this.#call("GET", path);
  }

  /** A ticket that opens one socket. */
  async ticket(room: string): Promise<string> {
    return (await this.#expect([200, 201], `/rooms/${room}/tickets`, {})).data.ticket;
  }

  #choose(): Action {
    const dice = Math.random();
    if (dice < 0.35) return this.#speak();
    if (dice < 0.5) return this.#plan();
    if (dice < 0.7) return this.#handIn();
    if (dice < 0.8) return this.#finish();
    if (dice < 0.95) return () => this.#rotate();
    return this.#invite();
  }

  #speak(): Action {
    const room = this.#world.rooms[Math.floor(Math.random() * this.#world.rooms.length)] ?? "";
    const clientId = randomUUID();
    return async () => {
      const { data } = await this.#expect(201, `/rooms/${room}/messages`, { clientId, body: `Said once: ${clientId}` });
      this.#world.journal.messages.push({ room, id: data.id, seq: data.seq });
      if (data.seq % 5 === 0) await this.#call("PUT", `/rooms/${room}/messages/${data.id}/reactions/👍`);
    };
  }

  #plan(): Action {
    const key = randomUUID();
    return async () => {
      const id = await this.#once("goals", `Goal ${key}`, key, { category: "programming" });
      this.#world.journal.goals.push(id);
    };
  }

  #handIn(): Action {
    const key = randomUUID();
    const challenge = { goalId: this.#goal, kind: "text", points: 20, rules: { minWords: 3 } };
    const content = { text: `Some words that were handed in once, under ${key}.` };
    return async () => {
      const challengeId = await this.#once("challenges", `Challenge ${key}`, key, challenge);
      const { status, data, code } = await this.#call("POST", "/submissions", { challengeId, content });
      // Handing in again after a lost answer is refused, because the first one counts.
      if (code === "ALREADY_ACCEPTED") this.#world.journal.answersLost += 1;
      else if (status === 201 && data.status === "accepted") this.#world.journal.submissions.push(data.id);
      else throw new Error(`A submission was answered ${status}.`);
    };
  }

  #finish(): Action {
    const milestone = this.#milestones.pop();
    if (milestone === undefined) return this.#plan();
    return async () => {
      const path = `/goals/${this.#goal}/milestones/${milestone}/completion`;
      const { status } = await this.#call("PUT", path);
      if (status !== 200) throw new Error(`A milestone was answered ${status}.`);
      this.#world.journal.milestones.push(milestone);
    };
  }

  #invite(): Action {
    const username = `guest_${randomUUID().slice(0, 13).replace("-", "")}`;
    const email = `${username}@example.org`;
    return async () => {
      const { status, data } = await this.#call("POST", "/auth/register", { email, username, password: PASSWORD });
      if (status === 409) this.#world.journal.answersLost += 1;
      else if (status === 201) this.#world.journal.people.push({ id: data.user.id, email });
      else throw new Error(`A registration was answered ${status}.`);
    };
  }

  async #rotate(): Promise<void> {
    const repeated = this.#rotating;
    this.#rotating = true;
    const { status, data } = await this.#call("POST", "/auth/refresh", { refreshToken: this.#refreshToken });
    this.#rotating = false;
    if (status === 200) {
      this.#world.journal.rotations += 1;
      return this.#signedIn(data);
    }
    if (repeated) this.#world.journal.signedInAgain += 1;
    else this.#world.journal.rotationsForgotten.push(this.#name);
    this.#signedIn((await this.#expect(200, "/auth/login", { email: this.#name, password: PASSWORD })).data);
  }

  #signedIn({ accessToken, refreshToken }: Json): void {
    this.#token = accessToken;
    this.#refreshToken = refreshToken;
  }

  /** A key whose effect was written and whose answer was lost is refused for good: then the thing is there, and only once. */
  async #once(table: "goals" | "challenges", title: string, key: string, fields: object): Promise<string> {
    const { status, data, code } = await this.#call("POST", `/${table}`, { ...fields, title }, key);
    if (status === 201) return data.id;
    if (code !== "IDEMPOTENCY_IN_PROGRESS") throw new Error(`${table} were answered ${status} ${code}.`);
    const id = await this.#world.find(table, title).catch((error: unknown) => {
      throw new Unanswered("the server went while it was asked", { cause: error });
    });
    this.#world.journal.answersLost += 1;
    return id;
  }

  async #expect(expected: number | number[], path: string, body: unknown): Promise<Answer> {
    const answer = await this.#call("POST", path, body);
    if (![expected].flat().includes(answer.status)) throw new Error(`${path}: ${answer.status} ${answer.code}`);
    return answer;
  }

  async #call(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    const headers = new Headers({ "content-type": "application/json" });
    if (this.#token) headers.set("authorization", `Bearer ${this.#token}`);
    if (key !== undefined) headers.set("idempotency-key", key);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      const payload = body === undefined ? null : JSON.stringify(body);
      const answer = await fetch(`${this.#world.url}/api/v1${path}`, { method, headers, body: payload, signal });
      const text = await answer.text();
      if (answer.status >= 500) {
        this.#world.journal.serverErrors.push(`${method} ${path}: ${answer.status} ${text}`);
        throw new Error(String(answer.status));
      }
      const json: Json = text === "" ? undefined : JSON.parse(text);
      return { status: answer.status, data: json?.data, code: json?.error?.code };
    } catch (error) {
      throw new Unanswered(`${method} ${path}: ${String(error)}`, { cause: error });
    }
  }
}
