import { sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { userBadges } from "../../db/schema/achievements.ts";
import { aiCalls, aiJobs, aiSwitches, aiUsage, promptTemplates } from "../../db/schema/ai.ts";
import { blocks } from "../../db/schema/blocks.ts";
import { auditLog } from "../../db/schema/audit.ts";
import { idempotencyKeys, oneTimeTokens, sessions } from "../../db/schema/auth.ts";
import { challenges, submissionMoves, submissions } from "../../db/schema/challenges.ts";
import { formerBoardTickets, formerNotificationTickets, formerSocketTickets } from "../../db/schema/former-tickets.ts";
import { goalMembers, goals, milestones } from "../../db/schema/goals.ts";
import { identities } from "../../db/schema/identities.ts";
import { boardFinals, boardWatchers } from "../../db/schema/leaderboards.ts";
import { leagueEntries, leagueMembers } from "../../db/schema/leagues.ts";
import { ledgerDifferences, userLevels } from "../../db/schema/ledger.ts";
import { mailKindOptOuts, mailOptOuts, mails } from "../../db/schema/mails.ts";
import { factorAttempts, mfaChallenges, recoveryCodes, totpFactors } from "../../db/schema/mfa.ts";
import { notificationPreferences, notifications, streakReminders } from "../../db/schema/notifications.ts";
import { passkeyChallenges, passkeys } from "../../db/schema/passkeys.ts";
import { pushSubscriptions } from "../../db/schema/push.ts";
import { dashboardItems, studyLog } from "../../db/schema/progress.ts";
import { reviewAssignments, reviewReferences, reviewers, reviews } from "../../db/schema/reviews.ts";
import { messageReports } from "../../db/schema/message-reports.ts";
import { formerMembers, roomMembers, rooms } from "../../db/schema/rooms.ts";
import { tickets } from "../../db/schema/tickets.ts";
import { users } from "../../db/schema/users.ts";
import { webhooks } from "../../db/schema/webhooks.ts";
import { activityDays, xpEntries } from "../../db/schema/xp.ts";

/** What one column that names a person means for them. */
export interface Holding {
  column: AnySQLiteColumn;
  /** Under which name its rows are in the export, or why they are not. */
  exported: string | { not: string };
  /** Fields of the rows that are left out: secrets, and what belongs to other people. */
  omit?: readonly string[];
  /** What the deletion of the account does with the rows. */
  onDeletion: "erase" | { eraseWhere: SQL } | { keep: string } | { later: string };
}

const PASSING = { not: "it passes within minutes and says nothing about the person" };
const WORK = { keep: "work that others build on; its author is a tombstone" };
const OFFICE = { keep: "an act of office, which has to stay accounted for" };
const ROOMS = { later: "the rooms' subscriber, once every room object has forgotten the person" };

/**
 * The one table of what is held on people: the export and the deletion follow it, and a test fails when a column that
 * refers to `users` is not in it. It is the one place that may name the tables of every feature.
 */
export const HOLDINGS: readonly Holding[] = [
  { column: sessions.userId, exported: "sessions", onDeletion: "erase" },
  { column: identities.userId, exported: "identities", onDeletion: "erase" },
  { column: passkeys.userId, exported: "passkeys", omit: ["credentialId", "publicKey"], onDeletion: "erase" },
  { column: totpFactors.userId, exported: "authenticators", omit: ["secret"], onDeletion: "erase" },
  { column: recoveryCodes.userId, exported: "recoveryCodes", omit: ["hash"], onDeletion: "erase" },
  { column: oneTimeTokens.userId, exported: "mailedLinks", omit: ["hash"], onDeletion: "erase" },
  { column: mfaChallenges.userId, exported: PASSING, onDeletion: "erase" },
  { column: factorAttempts.userId, exported: PASSING, onDeletion: "erase" },
  { column: passkeyChallenges.userId, exported: PASSING, onDeletion: "erase" },
  {
    column: idempotencyKeys.userId,
    exported: { not: "copies of answers that were given within the last day" },
    onDeletion: "erase",
  },
  {
    column: users.referredBy,
    exported: { not: "other people's accounts; what they brought is in the ledger" },
    onDeletion: { keep: "it names a tombstone" },
  },
  { column: mails.userId, exported: "mails", omit: ["claimedUntil", "data"], onDeletion: "erase" },
  { column: mailOptOuts.userId, exported: "mailOptOuts", onDeletion: "erase" },
  { column: mailKindOptOuts.userId, exported: "mailKindOptOuts", onDeletion: "erase" },
  { column: notifications.userId, exported: "notifications", omit: ["dedupeKey"], onDeletion: "erase" },
  { column: notificationPreferences.userId, exported: "notificationPreferences", onDeletion: "erase" },
  { column: streakReminders.userId, exported: "streakReminders", onDeletion: "erase" },
  {
    column: pushSubscriptions.userId,
    exported: "pushSubscriptions",
    omit: ["endpoint", "p256dh", "auth"],
    onDeletion: "erase",
  },

  {
    column: goals.ownerId,
    exported: "goals",
    onDeletion: {
      eraseWhere: sql`visibility = 'private' AND NOT EXISTS (SELECT 1 FROM challenges c JOIN submissions s ON s.challenge_id = c.id WHERE c.goal_id = goals.id AND s.author_id <> goals.owner_id)`,
    },
  },
  { column: goalMembers.userId, exported: "circles", onDeletion: "erase" },
  {
    column: milestones.completedBy,
    exported: "milestonesDone",
    onDeletion: { keep: "a date on a goal that stays; its owner is a tombstone" },
  },
  { column: studyLog.userId, exported: "studyLog", onDeletion: "erase" },
  { column: dashboardItems.userId, exported: "dashboardItems", onDeletion: "erase" },
  { column: challenges.createdBy, exported: "challenges", onDeletion: WORK },
  { column: submissions.authorId, exported: "submissions", omit: ["decidedBy"], onDeletion: WORK },
  {
    column: submissions.decidedBy,
    exported: "decisions",
    omit: ["authorId", "content", "validation"],
    onDeletion: OFFICE,
  },
  { column: submissionMoves.actorId, exported: "submissionMoves", onDeletion: OFFICE },
  { column: reviews.reviewerId, exported: "reviews", onDeletion: WORK },
  { column: reviewers.userId, exported: "reviewQuality", onDeletion: WORK },
  { column: reviewAssignments.reviewerId, exported: "reviewAssignments", omit: ["authorId"], onDeletion: WORK },
  {
    column: reviewAssignments.authorId,
    exported: { not: "who reviews stays unknown to the author; the reviews are with the submissions" },
    onDeletion: WORK,
  },
  { column: reviewReferences.setBy, exported: "reviewReferences", onDeletion: OFFICE },
  { column: blocks.blockerId, exported: "blocks", onDeletion: "erase" },
  {
    column: blocks.blockedId,
    exported: { not: "whom somebody blocked is theirs to know" },
    onDeletion: "erase",
  },

  {
    column: xpEntries.userId,
    exported: "xp",
    onDeletion: { keep: "an append-only ledger of numbers; it tells which boards to take the person off" },
  },
  { column: activityDays.userId, exported: "activityDays", onDeletion: "erase" },
  { column: boardFinals.userId, exported: "closedSeasons", onDeletion: "erase" },
  { column: boardWatchers.userId, exported: PASSING, onDeletion: "erase" },
  { column: userBadges.userId, exported: "badges", onDeletion: "erase" },
  { column: userLevels.userId, exported: "highestLevel", onDeletion: "erase" },
  { column: ledgerDifferences.userId, exported: "ledgerDifferences", onDeletion: "erase" },
  { column: leagueMembers.userId, exported: "league", onDeletion: "erase" },
  { column: leagueEntries.userId, exported: "leagueWeeks", onDeletion: "erase" },

  { column: aiJobs.userId, exported: "aiJobs", onDeletion: "erase" },
  { column: aiCalls.userId, exported: "aiCalls", onDeletion: "erase" },
  { column: aiUsage.userId, exported: "aiUsage", onDeletion: "erase" },
  { column: aiSwitches.changedBy, exported: "aiSwitches", onDeletion: OFFICE },
  { column: promptTemplates.createdBy, exported: "promptTemplates", onDeletion: OFFICE },

  { column: rooms.createdBy, exported: "rooms", omit: ["directKey"], onDeletion: WORK },
  { column: roomMembers.userId, exported: "memberships", onDeletion: ROOMS },
  { column: formerMembers.userId, exported: "formerMemberships", onDeletion: ROOMS },
  { column: tickets.userId, exported: PASSING, onDeletion: "erase" },
  { column: formerBoardTickets.userId, exported: PASSING, onDeletion: "erase" },
  { column: formerNotificationTickets.userId, exported: PASSING, onDeletion: "erase" },
  { column: formerSocketTickets.userId, exported: PASSING, onDeletion: "erase" },
  {
    column: messageReports.reporterId,
    exported: "messageReports",
    omit: ["body", "authorId", "decidedBy"],
    onDeletion: "erase",
  },
  {
    column: messageReports.authorId,
    exported: { not: "who reports stays unknown to the author; the words are with the messages" },
    onDeletion: "erase",
  },
  {
    column: messageReports.decidedBy,
    exported: "messageReportDecisions",
    omit: ["body", "authorId", "reporterId"],
    onDeletion: OFFICE,
  },
  { column: webhooks.createdBy, exported: "webhooks", omit: ["secret", "formerSecrets"], onDeletion: OFFICE },
  { column: auditLog.actorId, exported: "auditLog", onDeletion: OFFICE },
];
