/** What a notification says, by cause. `{name}` stands for a value. */
export const en = {
  submission_accepted: {
    title: "Your work was accepted",
    body: "“{challenge}” is done. Have a look at what was said about it.",
  },
  submission_needs_work: {
    title: "Your work needs another try",
    body: "“{challenge}” is not there yet. See what to change, and hand it in again.",
  },
  submission_reversed: {
    title: "An acceptance was taken back",
    body: "A teacher took back the acceptance of your work on “{challenge}”, and its XP.",
  },
  feedback_ready: { title: "Feedback is here", body: "The coach has read your work on “{challenge}”." },
  review_assigned: { title: "A piece of work waits for your review", body: "Somebody handed in “{challenge}”." },
  review_rated: {
    title: "Your review was rated",
    body: "The author of “{challenge}” gave your review {helpful} of 5.",
  },
  mention: { title: "{name} mentioned you", body: "In the room “{room}”." },
  mention_direct: { title: "{name} mentioned you", body: "In your conversation." },
  invitation: { title: "{name} invites you to a room", body: "Join “{room}” to take part." },
  badge_earned: { title: "You earned a badge", body: "“{badge}” is yours." },
  level_up: { title: "Level {level}", body: "You reached level {level}." },
  streak_at_risk: {
    title: "Your streak ends today",
    body: "Learn something today to keep your streak of {streak} days.",
  },
  webhook_failing: {
    title: "A webhook was switched off",
    body: "{host} has not taken messages for a day. Mend it and switch the webhook on again; what failed can be replayed.",
  },
  webhook_gone: { title: "A webhook was switched off", body: "{host} says that it takes no more messages." },
} as const satisfies Record<string, { title: string; body: string }>;

export type WordKey = keyof typeof en;
export type Words = Readonly<Record<WordKey, { title: string; body: string }>>;
