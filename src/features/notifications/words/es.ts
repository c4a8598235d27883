import type { Words } from "./en.ts";

export const es: Words = {
  submission_accepted: {
    title: "Tu trabajo fue aceptado",
    body: "«{challenge}» está hecho. Mira lo que se ha dicho de él.",
  },
  submission_needs_work: {
    title: "Tu trabajo necesita otro intento",
    body: "«{challenge}» todavía no está. Mira qué hay que cambiar y entrégalo de nuevo.",
  },
  submission_reversed: {
    title: "Se retiró una aceptación",
    body: "Un docente retiró la aceptación de tu trabajo en «{challenge}» y sus XP.",
  },
  feedback_ready: { title: "Ya tienes comentarios", body: "El coach ha leído tu trabajo en «{challenge}»." },
  review_assigned: { title: "Un trabajo espera tu revisión", body: "Alguien ha entregado «{challenge}»." },
  review_rated: {
    title: "Han valorado tu revisión",
    body: "Tu revisión de «{challenge}» recibió {helpful} de 5.",
  },
  mention: { title: "{name} te ha mencionado", body: "En la sala «{room}»." },
  mention_direct: { title: "{name} te ha mencionado", body: "En vuestra conversación." },
  invitation: { title: "{name} te invita a una sala", body: "Únete a «{room}» para participar." },
  badge_earned: { title: "Has ganado una insignia", body: "«{badge}» es tuya." },
  level_up: { title: "Nivel {level}", body: "Has alcanzado el nivel {level}." },
  streak_at_risk: {
    title: "Tu racha termina hoy",
    body: "Aprende algo hoy para conservar tu racha de {streak} días.",
  },
  webhook_failing: {
    title: "Se desactivó un webhook",
    body: "{host} no acepta mensajes desde hace un día. Arréglalo y vuelve a activarlo; lo que falló se puede repetir.",
  },
  webhook_gone: { title: "Se desactivó un webhook", body: "{host} dice que no acepta más mensajes." },
};
