import type { Words } from "./en.ts";

export const de: Words = {
  submission_accepted: {
    title: "Deine Arbeit wurde angenommen",
    body: "„{challenge}“ ist geschafft. Sieh dir an, was dazu gesagt wurde.",
  },
  submission_needs_work: {
    title: "Deine Arbeit braucht noch einen Versuch",
    body: "„{challenge}“ ist noch nicht so weit. Sieh nach, was zu ändern ist, und gib sie neu ab.",
  },
  submission_reversed: {
    title: "Eine Annahme wurde zurückgenommen",
    body: "Eine Lehrkraft hat die Annahme deiner Arbeit zu „{challenge}“ und deren XP zurückgenommen.",
  },
  feedback_ready: { title: "Deine Rückmeldung ist da", body: "Der Coach hat deine Arbeit zu „{challenge}“ gelesen." },
  review_assigned: { title: "Eine Arbeit wartet auf deine Bewertung", body: "Jemand hat „{challenge}“ abgegeben." },
  review_rated: {
    title: "Deine Bewertung wurde beurteilt",
    body: "Für deine Bewertung zu „{challenge}“ gab es {helpful} von 5.",
  },
  mention: { title: "{name} hat dich erwähnt", body: "Im Raum „{room}“." },
  mention_direct: { title: "{name} hat dich erwähnt", body: "In eurem Gespräch." },
  invitation: { title: "{name} lädt dich in einen Raum ein", body: "Tritt „{room}“ bei, um mitzumachen." },
  badge_earned: { title: "Du hast ein Abzeichen verdient", body: "„{badge}“ gehört dir." },
  level_up: { title: "Stufe {level}", body: "Du hast Stufe {level} erreicht." },
  streak_at_risk: {
    title: "Deine Serie endet heute",
    body: "Lerne heute etwas, damit deine Serie von {streak} Tagen weitergeht.",
  },
  webhook_failing: {
    title: "Ein Webhook wurde abgeschaltet",
    body: "{host} nimmt seit einem Tag keine Nachrichten an. Behebe das und schalte ihn wieder ein; was fehlschlug, lässt sich wiederholen.",
  },
  webhook_gone: { title: "Ein Webhook wurde abgeschaltet", body: "{host} will keine Nachrichten mehr." },
};
