import { and, asc, desc, eq, lt, ne, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { ServiceContext } from "../../context.ts";
import { submissionMoves, submissions } from "../../db/schema/challenges.ts";
import { users } from "../../db/schema/users.ts";
import { shownName } from "../users/schema.ts";

type Ctx = Pick<ServiceContext, "db">;

/** Joined columns get names of their own: a D1 batch folds equal ones into one. */
const columns = {
  row: submissions,
  author: {
    id: sql<string>`${users.id}`.as("author_user_id"),
    username: users.username,
    displayName: shownName,
    avatarUrl: users.avatarUrl,
  },
};

export const selectWork = (ctx: Ctx, where: SQL | undefined) =>
  ctx.db.select(columns).from(submissions).innerJoin(users, eq(users.id, submissions.authorId)).where(where).$dynamic();

export type WorkRow = Awaited<ReturnType<typeof selectWork>>[number];

interface Slice {
  after: string | null;
  offset: number;
  /** Rows to read: one more than a page. */
  rows: number;
}

/** Somebody's work, newest first. */
export const selectMine = (ctx: Ctx, where: SQL | undefined, { after, offset, rows }: Slice) =>
  selectWork(ctx, and(where, older(after)))
    .orderBy(desc(submissions.id))
    .limit(rows)
    .offset(offset);

const older = (after: string | null) => (after === null ? undefined : lt(submissions.id, after));

/** Whose work on a challenge is shown. */
interface Reader {
  challengeId: string;
  userId: string;
  isTeacher: boolean;
}

/** Work on a challenge, newest first: one's own, and for teachers and the circle everybody's that is not rejected. Two indexes, merged by their first column. */
export const selectShown = (ctx: Ctx, reader: Reader, { after, offset, rows }: Slice) =>
  unionAll(
    selectWork(
      ctx,
      and(eq(submissions.challengeId, reader.challengeId), eq(submissions.authorId, reader.userId), older(after)),
    ),
    selectWork(
      ctx,
      and(
        eq(submissions.challengeId, openTo(reader)),
        ne(submissions.authorId, reader.userId),
        // Written out: a partial index serves no bound parameter.
        sql`${submissions.status} <> 'rejected'`,
        older(after),
      ),
    ),
  )
    .orderBy(sql`1 DESC`)
    .limit(rows)
    .offset(offset);

/** The challenge's id for its circle and teachers, and NULL for others: the index is then not even entered. */
const openTo = ({ challengeId, userId, isTeacher }: Reader): SQL =>
  isTeacher
    ? sql`${challengeId}`
    : sql`(SELECT c.id FROM challenges c JOIN goals g ON g.id = c.goal_id WHERE c.id = ${challengeId} AND (g.owner_id = ${userId}
        OR g.visibility = 'public' AND EXISTS (SELECT 1 FROM goal_members m WHERE m.goal_id = g.id AND m.user_id = ${userId})))`;

export const selectMoves = (ctx: Ctx, submissionId: string) =>
  ctx.db
    .select({
      moveStatus: sql<(typeof submissionMoves.$inferSelect)["status"]>`${submissionMoves.status}`.as("move_status"),
      movedBy: submissionMoves.movedBy,
      reason: submissionMoves.reason,
      at: submissionMoves.at,
    })
    .from(submissionMoves)
    .where(eq(submissionMoves.submissionId, submissionId))
    .orderBy(asc(submissionMoves.id));
