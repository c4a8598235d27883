import { migrate } from "../migrate.ts";
import { EventLog } from "./event-log.ts";
import { RoomInfo } from "./identity.ts";
import { MessageStore, type MessageRow, type Page, toMessage } from "./messages.ts";
import { migrations } from "./migrations.ts";
import type { Message } from "./protocol.ts";
import { countFor, ReactionStore } from "./reactions.ts";
import { ReadMarks } from "./read-marks.ts";
import { Progress } from "./progress.ts";
import { Retention } from "./retention.ts";
import { WordIndex } from "./word-index.ts";

export interface Search {
  query: string;
  before?: number | undefined;
  limit: number;
}

/** Everything the room keeps, in its own SQLite. */
export class Archive {
  readonly storage: DurableObjectStorage;
  readonly messages: MessageStore;
  readonly reactions: ReactionStore;
  readonly log: EventLog;
  readonly marks: ReadMarks;
  readonly words: WordIndex;
  readonly retention: Retention;
  readonly progress: Progress;
  #room: RoomInfo | undefined;

  constructor(storage: DurableObjectStorage) {
    migrate(storage, migrations);
    const { sql } = storage;
    this.storage = storage;
    this.progress = new Progress(sql);
    this.messages = new MessageStore(sql, this.progress);
    this.reactions = new ReactionStore(sql);
    this.log = new EventLog(sql, this);
    this.marks = new ReadMarks(sql, this.progress);
    this.words = new WordIndex(sql, this.messages, this.progress);
    this.retention = new Retention(storage, this);
    const info = sql.exec<{ info: string }>("SELECT info FROM room").toArray()[0]?.info;
    this.#room = info === undefined ? undefined : RoomInfo.parse(JSON.parse(info));
  }

  get room(): RoomInfo | undefined {
    return this.#room;
  }

  keepRoom(room: RoomInfo): void {
    const info = JSON.stringify(room);
    if (info === JSON.stringify(this.#room)) return;
    this.storage.sql.exec(
      "INSERT INTO room (id, info) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET info = excluded.info",
      info,
    );
    this.#room = room;
  }

  /** Forgets everything but what others still have to be told. */
  clear(): void {
    const tables = ["words", "reactions", "events", "messages", "people", "read_marks", "room"];
    this.storage.transactionSync(() => {
      this.storage.sql.exec(tables.map((table) => `DELETE FROM ${table};`).join(" "));
      this.progress.reset();
    });
    this.#room = undefined;
  }

  /** Ascending by seq. `hasMore`: there is more in the direction that was asked for (older, unless `after`). */
  history(page: Page, viewerId: string): { messages: Message[]; hasMore: boolean } {
    const { limit } = page;
    if (page.around !== undefined) {
      const rows = this.messages.page(page);
      const older = this.messages.page({ before: rows[0]?.seq, limit: 1 });
      return { messages: this.views(rows, viewerId), hasMore: rows.length > 0 && older.length > 0 };
    }
    const rows = this.messages.page({ ...page, limit: limit + 1 });
    const kept = page.after === undefined ? rows.slice(-limit) : rows.slice(0, limit);
    return { messages: this.views(kept, viewerId), hasMore: rows.length > limit };
  }

  /** Forgets what is due, before anything is read. */
  refresh(now: number): void {
    this.retention.enforce(this.#room?.retentionDays, now);
  }

  /** Newest first. */
  search({ query, before, limit }: Search, viewerId: string): Message[] {
    return this.views(
      this.messages.atEach(this.words.search(query, before ?? Number.MAX_SAFE_INTEGER, limit)),
      viewerId,
    );
  }

  view(row: MessageRow, viewerId: string): Message {
    return toMessage(row, countFor(this.reactions.on(row.seq), viewerId));
  }

  /** Moves the mark forward, at most to the newest event; returns where it stands. */
  markRead(userId: string, seq: number): number {
    this.marks.advance(userId, Math.min(seq, this.log.lastSeq()));
    return this.marks.of(userId);
  }

  views(rows: readonly MessageRow[], viewerId: string): Message[] {
    const reactions = this.reactions.onEach(rows.map((row) => row.seq));
    return rows.map((row) => toMessage(row, countFor(reactions.get(row.seq) ?? [], viewerId)));
  }
}
