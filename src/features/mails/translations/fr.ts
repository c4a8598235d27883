import type { Translations } from "../templates.ts";

export const fr: Translations = {
  welcome: {
    subject: "Bienvenue sur Guildhall",
    hello: "Bienvenue, {displayName} !",
    confirm: "Confirmez votre adresse e-mail avec le lien ci-dessous. Il fonctionne une seule fois, pendant 24 heures.",
    action: "Confirmer mon adresse",
  },
  invitation: {
    subject: "Vous êtes invité·e sur Guildhall",
    hello: "Bonjour {displayName},",
    what: "Un compte a été créé pour vous. Choisissez votre mot de passe avec le lien ci-dessous ; il fonctionne une seule fois, pendant trois jours.",
    later: "Passé ce délai, demandez un nouveau lien sous « mot de passe oublié ».",
    action: "Choisir mon mot de passe",
  },
  session_reuse: {
    subject: "Nous avons fermé une de vos sessions",
    hello: "Bonjour {displayName},",
    what: "L’un de vos jetons de connexion a été utilisé une seconde fois : quelqu’un l’a peut-être copié. Nous avons fermé cette session ; reconnectez-vous.",
    advice: "Si ce n’était pas vous, utilisez le lien : il vous permet de choisir un nouveau mot de passe.",
    action: "Ce n’était pas moi",
  },
  new_device: {
    subject: "Nouvelle connexion à votre compte",
    hello: "Bonjour {displayName},",
    what: "Quelqu’un s’est connecté à votre compte avec {device}, depuis : {country}.",
    advice:
      "Si c’était vous, il n’y a rien à faire. Sinon, utilisez le lien : il ferme cette session et vous permet de choisir un nouveau mot de passe.",
    action: "Ce n’était pas moi",
  },
  verify_email: {
    subject: "Confirmez votre adresse e-mail",
    hello: "Bonjour {displayName},",
    confirm:
      "Confirmez votre adresse e-mail avec le lien ci-dessous. Il fonctionne une seule fois, pendant 24 heures ; les liens des messages précédents ne fonctionnent plus.",
    action: "Confirmer mon adresse",
  },
  password_reset: {
    subject: "Choisissez un nouveau mot de passe",
    hello: "Bonjour {displayName},",
    what: "Avec le lien ci-dessous, vous pouvez choisir un nouveau mot de passe. Il fonctionne une seule fois, pendant une heure.",
    advice: "Si vous ne l’avez pas demandé, il n’y a rien à faire : votre mot de passe reste le même.",
    action: "Choisir un nouveau mot de passe",
  },
  password_changed: {
    subject: "Votre mot de passe a été modifié",
    hello: "Bonjour {displayName},",
    what: "Le mot de passe de votre compte a été modifié, et toutes les autres sessions ont été fermées.",
    advice: "Si ce n’était pas vous, demandez tout de suite un nouveau mot de passe sur la page de connexion.",
  },
  email_leaving: {
    subject: "Confirmez le changement de votre adresse e-mail",
    hello: "Bonjour {displayName},",
    what: "Une autre adresse e-mail que celle-ci a été demandée pour votre compte. Elle changera quand les liens des deux boîtes auront été utilisés, dans les 24 heures.",
    advice: "Si ce n’était pas vous, n’utilisez pas le lien et changez de mot de passe.",
    action: "Autoriser le changement",
  },
  email_arriving: {
    subject: "Confirmez votre nouvelle adresse e-mail",
    hello: "Bonjour {displayName},",
    what: "Cette adresse doit devenir celle de votre compte. Elle le deviendra quand les liens des deux boîtes auront été utilisés, dans les 24 heures.",
    action: "Confirmer ma nouvelle adresse",
  },
  email_in_use: {
    subject: "Votre adresse e-mail est déjà utilisée",
    hello: "Bonjour {displayName},",
    what: "Quelqu’un a demandé à utiliser votre adresse e-mail pour un autre compte. Elle appartient au vôtre, rien n’a donc changé.",
    advice: "Si c’était vous, connectez-vous plutôt à ce compte.",
  },
  email_changed: {
    subject: "Votre adresse e-mail a été modifiée",
    hello: "Bonjour {displayName},",
    what: "Votre compte a désormais une autre adresse e-mail ; celle-ci ne lui appartient plus.",
    advice: "Si ce n’était pas vous, prévenez tout de suite les responsables de ce site.",
  },
  notification: {
    subject: "{title}",
    hello: "Bonjour {displayName},",
    what: "{body}",
    action: "Ouvrir dans Guildhall",
  },
  digest: {
    subject: "Du nouveau sur Guildhall",
    hello: "Bonjour {displayName}, voici ce qui est nouveau :",
    what: "{lines}",
    action: "Tout voir",
  },
};
