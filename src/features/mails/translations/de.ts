import type { Translations } from "../templates.ts";

export const de: Translations = {
  welcome: {
    subject: "Willkommen bei Guildhall",
    hello: "Willkommen, {displayName}!",
    confirm: "Bestätige deine E-Mail-Adresse mit dem Link unten. Er gilt einmal und 24 Stunden lang.",
    action: "Meine Adresse bestätigen",
  },
  invitation: {
    subject: "Du bist zu Guildhall eingeladen",
    hello: "Hallo {displayName},",
    what: "Für dich wurde ein Konto angelegt. Wähle dein Passwort mit dem Link unten; er gilt einmal und drei Tage lang.",
    later: "Danach bekommst du unter „Passwort vergessen“ einen neuen Link.",
    action: "Mein Passwort wählen",
  },
  session_reuse: {
    subject: "Wir haben eine deiner Sitzungen beendet",
    hello: "Hallo {displayName},",
    what: "Ein Anmeldetoken von dir wurde ein zweites Mal verwendet; vielleicht hat es jemand kopiert. Wir haben diese Sitzung beendet; melde dich neu an.",
    advice: "Wenn du das nicht warst, nutze den Link: Damit kannst du ein neues Passwort wählen.",
    action: "Das war nicht ich",
  },
  new_device: {
    subject: "Neue Anmeldung bei deinem Konto",
    hello: "Hallo {displayName},",
    what: "Jemand hat sich bei deinem Konto angemeldet, mit {device} aus {country}.",
    advice:
      "Wenn du das warst, ist nichts zu tun. Wenn nicht, nutze den Link: Er beendet diese Sitzung und lässt dich ein neues Passwort wählen.",
    action: "Das war nicht ich",
  },
  verify_email: {
    subject: "Bestätige deine E-Mail-Adresse",
    hello: "Hallo {displayName},",
    confirm:
      "Bestätige deine E-Mail-Adresse mit dem Link unten. Er gilt einmal und 24 Stunden lang; Links aus älteren E-Mails gelten nicht mehr.",
    action: "Meine Adresse bestätigen",
  },
  password_reset: {
    subject: "Wähle ein neues Passwort",
    hello: "Hallo {displayName},",
    what: "Mit dem Link unten kannst du ein neues Passwort wählen. Er gilt einmal und eine Stunde lang.",
    advice: "Wenn du das nicht angefordert hast, ist nichts zu tun: Dein Passwort bleibt, wie es ist.",
    action: "Neues Passwort wählen",
  },
  password_changed: {
    subject: "Dein Passwort wurde geändert",
    hello: "Hallo {displayName},",
    what: "Das Passwort deines Kontos wurde geändert, und alle anderen Sitzungen wurden beendet.",
    advice: "Wenn du das nicht warst, fordere sofort dort, wo du dich anmeldest, ein neues Passwort an.",
  },
  passkey_added: {
    subject: "Deinem Konto wurde ein Passkey hinzugefügt",
    hello: "Hallo {displayName},",
    what: "Mit dem Passkey „{passkey}“ kann man sich ab jetzt bei deinem Konto anmelden.",
    advice:
      "Wenn du das nicht warst, nutze den Link: Er beendet die Sitzung, die ihn hinzugefügt hat, und lässt dich ein neues Passwort wählen. Entferne danach den Passkey.",
    action: "Das war nicht ich",
  },
  passkey_removed: {
    subject: "Ein Passkey wurde aus deinem Konto entfernt",
    hello: "Hallo {displayName},",
    what: "Einer deiner Passkeys wurde entfernt; mit ihm kann man sich nicht mehr bei deinem Konto anmelden.",
    advice:
      "Wenn du das nicht warst, nutze den Link: Er beendet die Sitzung, die ihn entfernt hat, und lässt dich ein neues Passwort wählen.",
    action: "Das war nicht ich",
  },
  mfa_enabled: {
    subject: "Dein Konto verlangt jetzt einen zweiten Faktor",
    hello: "Hallo {displayName},",
    what: "Deinem Konto wurde eine Authentifizierungs-App hinzugefügt; wer sich mit einem Passwort anmeldet, braucht ab jetzt auch einen ihrer Codes.",
    advice:
      "Wenn du das nicht warst, nutze den Link: Er beendet die Sitzung, die sie hinzugefügt hat, und lässt dich ein neues Passwort wählen. Wirst du nach einem Code gefragt, den du nicht hast, wende dich an die Betreiber dieser Seite.",
    action: "Das war nicht ich",
  },
  mfa_disabled: {
    subject: "Dein Konto verlangt keinen zweiten Faktor mehr",
    hello: "Hallo {displayName},",
    what: "Die Authentifizierungs-App wurde aus deinem Konto entfernt, und ihre Wiederherstellungscodes gelten nicht mehr.",
    advice:
      "Wenn du das nicht warst, nutze den Link: Er beendet die Sitzung, die sie entfernt hat, und lässt dich ein neues Passwort wählen.",
    action: "Das war nicht ich",
  },
  recovery_codes_renewed: {
    subject: "Du hast neue Wiederherstellungscodes",
    hello: "Hallo {displayName},",
    what: "Für dein Konto wurden neue Wiederherstellungscodes erstellt; die älteren gelten nicht mehr.",
    advice:
      "Wenn du das nicht warst, nutze den Link: Er beendet die Sitzung, die sie erstellt hat, und lässt dich ein neues Passwort wählen. Erstelle danach neue Codes.",
    action: "Das war nicht ich",
  },
  login_linked: {
    subject: "Deinem Konto wurde eine Anmeldung hinzugefügt",
    hello: "Hallo {displayName},",
    what: "Mit einer Anmeldung bei {provider} kommt man ab jetzt in dein Konto.",
    advice:
      "Wenn du das nicht warst, nutze den Link: Er beendet die Sitzung, die sie hinzugefügt hat, und lässt dich ein neues Passwort wählen. Entferne danach die Anmeldung.",
    action: "Das war nicht ich",
  },
  login_removed: {
    subject: "Eine Anmeldung wurde aus deinem Konto entfernt",
    hello: "Hallo {displayName},",
    what: "Mit deiner Anmeldung bei {provider} kommt man nicht mehr in dein Konto.",
    advice:
      "Wenn du das nicht warst, nutze den Link: Er beendet die Sitzung, die sie entfernt hat, und lässt dich ein neues Passwort wählen.",
    action: "Das war nicht ich",
  },
  email_leaving: {
    subject: "Bestätige, dass sich deine E-Mail-Adresse ändert",
    hello: "Hallo {displayName},",
    what: "Für dein Konto wurde eine andere E-Mail-Adresse als diese gewünscht. Sie ändert sich, wenn innerhalb von 24 Stunden die Links in beiden Postfächern benutzt wurden.",
    advice: "Wenn du das nicht warst, benutze den Link nicht und ändere dein Passwort.",
    action: "Änderung erlauben",
  },
  email_arriving: {
    subject: "Bestätige deine neue E-Mail-Adresse",
    hello: "Hallo {displayName},",
    what: "Das soll die neue E-Mail-Adresse deines Kontos sein. Sie wird es, wenn innerhalb von 24 Stunden die Links in beiden Postfächern benutzt wurden.",
    action: "Meine neue Adresse bestätigen",
  },
  email_in_use: {
    subject: "Deine E-Mail-Adresse ist schon in Gebrauch",
    hello: "Hallo {displayName},",
    what: "Jemand wollte deine E-Mail-Adresse für ein anderes Konto verwenden. Sie gehört zu deinem, deshalb hat sich nichts geändert.",
    advice: "Wenn du das warst, melde dich stattdessen bei diesem Konto an.",
  },
  email_changed: {
    subject: "Deine E-Mail-Adresse wurde geändert",
    hello: "Hallo {displayName},",
    what: "Dein Konto hat jetzt eine andere E-Mail-Adresse; diese gehört nicht mehr dazu.",
    advice: "Wenn du das nicht warst, wende dich sofort an die Betreiber dieser Seite.",
  },
  notification: {
    subject: "{title}",
    hello: "Hallo {displayName},",
    what: "{body}",
    action: "In Guildhall öffnen",
  },
  digest: {
    subject: "Neues bei Guildhall",
    hello: "Hallo {displayName}, das ist neu:",
    what: "{lines}",
    action: "Alles ansehen",
  },
};
