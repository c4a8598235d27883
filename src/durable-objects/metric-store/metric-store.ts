import { DurableObject } from "cloudflare:workers";
import type { Sample } from "../../platform/metrics.ts";
import { migrate } from "../migrate.ts";
import { MIGRATIONS } from "./migrations.ts";

/** Where the counts of all isolates meet: they outlive the isolates, and are added in one turn each, so none is lost to a race. */
export class MetricStore extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
  }

  ping(): "ok" {
    return "ok";
  }

  /** Adds what an isolate counted since it last told. */
  add(samples: readonly Sample[]): void {
    this.ctx.storage.sql.exec(
      `INSERT INTO totals (family, labels, part, value)
       SELECT value ->> 'family', value ->> 'labels', value ->> 'part', value ->> 'value' FROM json_each(?) WHERE true
       ON CONFLICT DO UPDATE SET value = value + excluded.value`,
      JSON.stringify(samples),
    );
  }

  /** A level as one source sees it now, such as the sockets of one object; what is told again replaces what was told. */
  set(family: Sample["family"], labels: string, source: string, value: number): void {
    const { sql } = this.ctx.storage;
    if (value === 0)
      sql.exec("DELETE FROM levels WHERE family = ? AND labels = ? AND source = ?", family, labels, source);
    else
      sql.exec(
        "INSERT INTO levels VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        family,
        labels,
        source,
        value,
      );
  }

  read(): Sample[] {
    return this.ctx.storage.sql
      .exec<Sample>(
        `SELECT family, labels, part, value FROM totals
         UNION ALL SELECT family, labels, '', sum(value) FROM levels GROUP BY family, labels`,
      )
      .toArray();
  }
}
