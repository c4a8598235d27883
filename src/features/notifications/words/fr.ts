import type { Words } from "./en.ts";

export const fr: Words = {
  submission_accepted: {
    title: "Votre travail a été accepté",
    body: "« {challenge} » est terminé. Voyez ce qui en a été dit.",
  },
  submission_needs_work: {
    title: "Votre travail demande un nouvel essai",
    body: "« {challenge} » n’y est pas encore. Voyez quoi changer, puis rendez-le de nouveau.",
  },
  submission_reversed: {
    title: "Une acceptation a été retirée",
    body: "Un enseignant a retiré l’acceptation de votre travail sur « {challenge} » et ses XP.",
  },
  feedback_ready: { title: "Vos commentaires sont là", body: "Le coach a lu votre travail sur « {challenge} »." },
  review_assigned: { title: "Un travail attend votre relecture", body: "Quelqu’un a rendu « {challenge} »." },
  review_rated: {
    title: "Votre relecture a été notée",
    body: "Votre relecture de « {challenge} » a reçu {helpful} sur 5.",
  },
  mention: { title: "{name} vous a mentionné", body: "Dans le salon « {room} »." },
  mention_direct: { title: "{name} vous a mentionné", body: "Dans votre conversation." },
  invitation: { title: "{name} vous invite dans un salon", body: "Rejoignez « {room} » pour participer." },
  badge_earned: { title: "Vous avez gagné un badge", body: "« {badge} » est à vous." },
  level_up: { title: "Niveau {level}", body: "Vous avez atteint le niveau {level}." },
  streak_at_risk: {
    title: "Votre série se termine aujourd’hui",
    body: "Apprenez quelque chose aujourd’hui pour garder votre série de {streak} jours.",
  },
  webhook_failing: {
    title: "Un webhook a été désactivé",
    body: "{host} ne prend plus de messages depuis un jour. Réparez-le et réactivez-le ; ce qui a échoué peut être rejoué.",
  },
  webhook_gone: { title: "Un webhook a été désactivé", body: "{host} ne veut plus de messages." },
};
