import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import type { Statement } from "../../db/client.ts";
import type { Evidence } from "./scoring.ts";

type Counts = Partial<Evidence & { given: number; received: number }>;

/** Adds to what is known of reviewers, in one statement for all of them. */
export const tally = (ctx: Pick<ServiceContext, "db">, entries: readonly (Counts & { userId: string })[]): Statement =>
  ctx.db.run(sql`
    INSERT INTO reviewers (user_id, given, received, agreement_sum, agreement_count, calibration_sum, calibration_count, rating_sum, rating_count)
    SELECT value ->> 'userId', COALESCE(value ->> 'given', 0), COALESCE(value ->> 'received', 0),
      COALESCE(value ->> 'agreementSum', 0), COALESCE(value ->> 'agreementCount', 0),
      COALESCE(value ->> 'calibrationSum', 0), COALESCE(value ->> 'calibrationCount', 0),
      COALESCE(value ->> 'ratingSum', 0), COALESCE(value ->> 'ratingCount', 0)
    FROM json_each(${JSON.stringify(entries)}) WHERE TRUE
    ON CONFLICT (user_id) DO UPDATE SET given = given + excluded.given, received = received + excluded.received,
      agreement_sum = agreement_sum + excluded.agreement_sum, agreement_count = agreement_count + excluded.agreement_count,
      calibration_sum = calibration_sum + excluded.calibration_sum, calibration_count = calibration_count + excluded.calibration_count,
      rating_sum = rating_sum + excluded.rating_sum, rating_count = rating_count + excluded.rating_count`);
