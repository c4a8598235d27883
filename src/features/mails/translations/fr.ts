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
  passkey_added: {
    subject: "Une clé d’accès a été ajoutée à votre compte",
    hello: "Bonjour {displayName},",
    what: "La clé d’accès « {passkey} » permet désormais de se connecter à votre compte.",
    advice:
      "Si ce n’était pas vous, utilisez le lien : il ferme la session qui l’a ajoutée et vous permet de choisir un nouveau mot de passe. Supprimez ensuite la clé d’accès.",
    action: "Ce n’était pas moi",
  },
  passkey_removed: {
    subject: "Une clé d’accès a été supprimée de votre compte",
    hello: "Bonjour {displayName},",
    what: "L’une de vos clés d’accès a été supprimée ; elle ne permet plus de se connecter à votre compte.",
    advice:
      "Si ce n’était pas vous, utilisez le lien : il ferme la session qui l’a supprimée et vous permet de choisir un nouveau mot de passe.",
    action: "Ce n’était pas moi",
  },
  mfa_enabled: {
    subject: "Votre compte demande maintenant un second facteur",
    hello: "Bonjour {displayName},",
    what: "Une application d’authentification a été ajoutée à votre compte ; se connecter avec un mot de passe demande désormais aussi l’un de ses codes.",
    advice:
      "Si ce n’était pas vous, utilisez le lien : il ferme la session qui l’a ajoutée et vous permet de choisir un nouveau mot de passe. Si un code que vous n’avez pas vous est demandé, écrivez aux responsables de ce site.",
    action: "Ce n’était pas moi",
  },
  mfa_disabled: {
    subject: "Votre compte ne demande plus de second facteur",
    hello: "Bonjour {displayName},",
    what: "L’application d’authentification a été supprimée de votre compte, et ses codes de récupération ne sont plus valables.",
    advice:
      "Si ce n’était pas vous, utilisez le lien : il ferme la session qui l’a supprimée et vous permet de choisir un nouveau mot de passe.",
    action: "Ce n’était pas moi",
  },
  recovery_codes_renewed: {
    subject: "Vous avez de nouveaux codes de récupération",
    hello: "Bonjour {displayName},",
    what: "De nouveaux codes de récupération ont été créés pour votre compte ; les anciens ne sont plus valables.",
    advice:
      "Si ce n’était pas vous, utilisez le lien : il ferme la session qui les a créés et vous permet de choisir un nouveau mot de passe. Créez ensuite de nouveaux codes.",
    action: "Ce n’était pas moi",
  },
  login_linked: {
    subject: "Une connexion a été liée à votre compte",
    hello: "Bonjour {displayName},",
    what: "Une connexion par {provider} donne désormais accès à votre compte.",
    advice:
      "Si ce n’était pas vous, utilisez le lien : il ferme la session qui l’a liée et vous permet de choisir un nouveau mot de passe. Supprimez ensuite cette connexion.",
    action: "Ce n’était pas moi",
  },
  login_removed: {
    subject: "Une connexion a été supprimée de votre compte",
    hello: "Bonjour {displayName},",
    what: "Votre connexion par {provider} ne donne plus accès à votre compte.",
    advice:
      "Si ce n’était pas vous, utilisez le lien : il ferme la session qui l’a supprimée et vous permet de choisir un nouveau mot de passe.",
    action: "Ce n’était pas moi",
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
