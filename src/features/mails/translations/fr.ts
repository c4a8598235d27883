import type { Translations } from "../templates.ts";

export const fr: Translations = {
  welcome: {
    subject: "Bienvenue sur Guildhall",
    hello: "Bienvenue, {displayName} !",
    confirm: "Confirmez votre adresse e-mail avec le lien ci-dessous. Il fonctionne une seule fois, pendant 24 heures.",
    action: "Confirmer mon adresse",
  },
  session_reuse: {
    subject: "Nous avons fermé une de vos sessions",
    hello: "Bonjour {displayName},",
    what: "L’un de vos jetons de connexion a été utilisé une seconde fois : quelqu’un l’a peut-être copié. Nous avons fermé cette session ; reconnectez-vous.",
    advice: "Si ce n’était pas vous, changez de mot de passe.",
  },
};
