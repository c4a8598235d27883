import { sql } from "drizzle-orm";
import type { ServiceContext } from "../../context.ts";
import { notifications } from "../../db/schema/notifications.ts";
import type { Reaction } from "../../events/dispatch.ts";
import { event } from "../../events/outbox.ts";
import { newId } from "../../platform/ids.ts";
import type { Cause, Draft } from "./causes.ts";
import { draftsOf } from "./causes.ts";
import { planOf } from "./planning.ts";
import type { Recipient } from "./recipients.ts";
import { findRecipients, wishesOf } from "./recipients.ts";
import { wordsFor } from "./wording.ts";

type Ctx = Pick<ServiceContext, "db" | "clock">;

/** Tells everybody whom an event concerns: a notification, what each channel is to do with it, and the event that sets them off. */
export async function notifyOf(ctx: Ctx, cause: Cause, eventId: string): Promise<Required<Reaction>> {
  const drafts = await draftsOf(ctx, cause, eventId);
  if (drafts.length === 0) return { statements: [], messages: [] };
  const recipients = new Map((await findRecipients(ctx, drafts)).map((row) => [row.userId, row]));
  const reactions = drafts.flatMap((draft) => {
    const recipient = recipients.get(draft.userId);
    return recipient ? [notificationOf(ctx, draft, recipient)] : [];
  });
  return {
    statements: reactions.flatMap(({ statements }) => statements),
    messages: reactions.flatMap(({ messages }) => messages),
  };
}

/** Where the dedupe key is taken nothing is written, and its event finds nothing to tell. */
function notificationOf(ctx: Ctx, draft: Draft, recipient: Recipient): Required<Reaction> {
  const id = newId();
  const now = ctx.clock.now();
  const { userId, kind, dedupeKey, url } = draft;
  const wishes = wishesOf(recipient, kind);
  const expiresAt = draft.expires?.(wishes.timezone) ?? null;
  const plans = planOf(now, { urgent: expiresAt !== null, expiresAt }, wishes).map((plan) => ({
    ...plan,
    dueAt: plan.dueAt?.getTime() ?? null,
  }));
  const row = {
    id,
    userId,
    kind,
    dedupeKey,
    ...wordsFor(recipient.locale, draft.words, draft.values),
    url,
    data: { ...draft.data },
    listed: wishes.choice.inApp,
    createdAt: now,
    expiresAt,
  };
  return {
    statements: [
      ctx.db.insert(notifications).values(row).onConflictDoNothing(),
      ctx.db.run(sql`
        INSERT INTO notification_deliveries (notification_id, channel, status, reason, at, due_at, digest)
        SELECT n.id, d.value ->> 'channel', d.value ->> 'status', d.value ->> 'reason', ${now.getTime()}, d.value ->> 'dueAt', d.value ->> 'digest'
        FROM notifications n, json_each(${JSON.stringify(plans)}) d WHERE n.id = ${id}`),
    ],
    messages: [event({ type: "notification.created", notificationId: id, userId })],
  };
}
