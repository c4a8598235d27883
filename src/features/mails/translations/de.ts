import type { Translations } from "../templates.ts";

export const de: Translations = {
  welcome: {
    subject: "Willkommen bei Guildhall",
    hello: "Willkommen, {displayName}!",
    confirm: "Bestätige deine E-Mail-Adresse mit dem Link unten. Er gilt einmal und 24 Stunden lang.",
    action: "Meine Adresse bestätigen",
  },
  session_reuse: {
    subject: "Wir haben eine deiner Sitzungen beendet",
    hello: "Hallo {displayName},",
    what: "Ein Anmeldetoken von dir wurde ein zweites Mal verwendet; vielleicht hat es jemand kopiert. Wir haben diese Sitzung beendet; melde dich neu an.",
    advice: "Wenn du das nicht warst, ändere dein Passwort.",
  },
};
