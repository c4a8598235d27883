import type { MailKind } from "../../db/schema/mails.ts";

/** What a template's link is made of. `token` is there when the template asks for one. */
export interface LinkParts {
  appUrl: string;
  token: string;
  data: Readonly<Record<string, string>>;
}

export interface Template {
  /** `security` mails always go out, in a limit; `notification` mails bear a one-click unsubscribe. */
  kind: MailKind;
  /** English: the subject, the label of the link (`action`), and between them the paragraphs in their order. `{name}` stands for a value. */
  words: Readonly<Record<string, string> & { subject: string }>;
  link?: (parts: LinkParts) => string;
  /** The one-time token that the link carries, and how long it lives. It ends the older one of its purpose. */
  token?: { purpose: "verify_email" | "reset_password" | "leave_email" | "change_email"; lifeMs: number };
}

const HOUR_MS = 60 * 60 * 1000;

const verifyLink = ({ appUrl, token }: LinkParts): string =>
  `${appUrl}/verify-email?token=${encodeURIComponent(token)}`;

const disavowalLink = ({ appUrl, data }: LinkParts): string =>
  `${appUrl}/not-me?token=${encodeURIComponent(data["disavowal"] ?? "")}`;

/**
 * Every mail, in English. Values are `{displayName}` and the order's `data`; they are escaped when the letter is made.
 * Translations are in `translations/`; what is missing there is said in English.
 */
export const TEMPLATES = {
  welcome: {
    kind: "security",
    words: {
      subject: "Welcome to Guildhall",
      hello: "Welcome, {displayName}!",
      confirm: "Confirm your e-mail address with the link below. It works once, for 24 hours.",
      action: "Confirm my address",
    },
    link: verifyLink,
    token: { purpose: "verify_email", lifeMs: 24 * HOUR_MS },
  },
  invitation: {
    kind: "security",
    words: {
      subject: "You are invited to Guildhall",
      hello: "Hello {displayName},",
      what: "An account was made for you. Choose your password with the link below; it works once, for three days.",
      later: "Later, ask for a new link under “forgot password”.",
      action: "Choose my password",
    },
    link: ({ appUrl, token }) => `${appUrl}/reset-password?token=${encodeURIComponent(token)}`,
    token: { purpose: "reset_password", lifeMs: 72 * HOUR_MS },
  },
  session_reuse: {
    kind: "security",
    words: {
      subject: "We ended a session of yours",
      hello: "Hello {displayName},",
      what: "A sign-in token of yours was used a second time, which can mean that somebody copied it. We ended that session; sign in again.",
      advice: "If that was not you, use the link: it lets you choose a new password.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  new_device: {
    kind: "security",
    words: {
      subject: "A new sign-in to your account",
      hello: "Hello {displayName},",
      what: "Somebody signed in to your account with {device} from {country}.",
      advice:
        "If that was you, there is nothing to do. If not, use the link: it ends that session and lets you choose a new password.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  verify_email: {
    kind: "security",
    words: {
      subject: "Confirm your e-mail address",
      hello: "Hello {displayName},",
      confirm:
        "Confirm your e-mail address with the link below. It works once, for 24 hours; links in older mails no longer work.",
      action: "Confirm my address",
    },
    link: verifyLink,
    token: { purpose: "verify_email", lifeMs: 24 * HOUR_MS },
  },
  password_reset: {
    kind: "security",
    words: {
      subject: "Choose a new password",
      hello: "Hello {displayName},",
      what: "With the link below you can choose a new password. It works once, for one hour.",
      advice: "If you did not ask for it, there is nothing to do: your password stays as it is.",
      action: "Choose a new password",
    },
    link: ({ appUrl, token }) => `${appUrl}/reset-password?token=${encodeURIComponent(token)}`,
    token: { purpose: "reset_password", lifeMs: HOUR_MS },
  },
  password_changed: {
    kind: "security",
    words: {
      subject: "Your password was changed",
      hello: "Hello {displayName},",
      what: "The password of your account was changed, and every other session was ended.",
      advice: "If that was not you, ask for a new password at once where you sign in.",
    },
  },
  passkey_added: {
    kind: "security",
    words: {
      subject: "A passkey was added to your account",
      hello: "Hello {displayName},",
      what: "The passkey “{passkey}” can sign in to your account from now on.",
      advice:
        "If that was not you, use the link: it ends the session that added it and lets you choose a new password. Then remove the passkey.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  passkey_removed: {
    kind: "security",
    words: {
      subject: "A passkey was removed from your account",
      hello: "Hello {displayName},",
      what: "One of your passkeys was removed; it can no longer sign in to your account.",
      advice:
        "If that was not you, use the link: it ends the session that removed it and lets you choose a new password.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  mfa_enabled: {
    kind: "security",
    words: {
      subject: "Your account asks for a second factor now",
      hello: "Hello {displayName},",
      what: "An authenticator app was added to your account; from now on, signing in with a password wants one of its codes too.",
      advice:
        "If that was not you, use the link: it ends the session that added it and lets you choose a new password. Should you be asked for a code that you do not have, answer to whoever runs this place.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  mfa_disabled: {
    kind: "security",
    words: {
      subject: "Your account no longer asks for a second factor",
      hello: "Hello {displayName},",
      what: "The authenticator app was removed from your account, and its recovery codes no longer work.",
      advice:
        "If that was not you, use the link: it ends the session that removed it and lets you choose a new password.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  recovery_codes_renewed: {
    kind: "security",
    words: {
      subject: "You have new recovery codes",
      hello: "Hello {displayName},",
      what: "New recovery codes were made for your account; the older ones no longer work.",
      advice:
        "If that was not you, use the link: it ends the session that made them and lets you choose a new password. Then make new codes.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  login_linked: {
    kind: "security",
    words: {
      subject: "A login was linked to your account",
      hello: "Hello {displayName},",
      what: "A login at {provider} can sign in to your account from now on.",
      advice:
        "If that was not you, use the link: it ends the session that linked it and lets you choose a new password. Then remove the login.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  login_removed: {
    kind: "security",
    words: {
      subject: "A login was removed from your account",
      hello: "Hello {displayName},",
      what: "Your login at {provider} can no longer sign in to your account.",
      advice:
        "If that was not you, use the link: it ends the session that removed it and lets you choose a new password.",
      action: "This was not me",
    },
    link: disavowalLink,
  },
  email_leaving: {
    kind: "security",
    words: {
      subject: "Confirm that your e-mail address changes",
      hello: "Hello {displayName},",
      what: "Your account asked for another e-mail address than this one. It changes when the links in both mailboxes were used, within 24 hours.",
      advice: "If that was not you, do not use the link, and change your password.",
      action: "Let my address change",
    },
    link: verifyLink,
    token: { purpose: "leave_email", lifeMs: 24 * HOUR_MS },
  },
  email_arriving: {
    kind: "security",
    words: {
      subject: "Confirm your new e-mail address",
      hello: "Hello {displayName},",
      what: "This is to be the new e-mail address of your account. It becomes so when the links in both mailboxes were used, within 24 hours.",
      action: "Confirm my new address",
    },
    link: verifyLink,
    token: { purpose: "change_email", lifeMs: 24 * HOUR_MS },
  },
  email_in_use: {
    kind: "security",
    words: {
      subject: "Your e-mail address is in use",
      hello: "Hello {displayName},",
      what: "Somebody asked to use your e-mail address for another account. It belongs to yours, so nothing was changed.",
      advice: "If that was you, sign in to this account instead.",
    },
  },
  email_changed: {
    kind: "security",
    words: {
      subject: "Your e-mail address was changed",
      hello: "Hello {displayName},",
      what: "Your account has another e-mail address now; this one no longer belongs to it.",
      advice: "If that was not you, answer to whoever runs this place at once.",
    },
  },
  /** Any notification: its words are made where it is, in the language of whoever gets it. `url` is a path of the app. */
  notification: {
    kind: "notification",
    words: { subject: "{title}", hello: "Hello {displayName},", what: "{body}", action: "Open in Guildhall" },
    link: ({ appUrl, data }) => `${appUrl}${data["url"] ?? "/"}`,
  },
  /** Several notifications in one mail; `lines` has a line for each. */
  digest: {
    kind: "notification",
    words: {
      subject: "What happened at Guildhall",
      hello: "Hello {displayName}, this is new:",
      what: "{lines}",
      action: "See it all",
    },
    link: ({ appUrl }) => `${appUrl}/notifications`,
  },
} as const satisfies Record<string, Template>;

export type TemplateName = keyof typeof TEMPLATES;
/** Those whose link bears no one-time token. */
export type PlainTemplateName = {
  [T in TemplateName]: (typeof TEMPLATES)[T] extends { token: object } ? never : T;
}[TemplateName];
export type Words<T extends TemplateName = TemplateName> = keyof (typeof TEMPLATES)[T]["words"];

/** What a language says; a template or a string that is missing falls back to English. */
export type Translations = { readonly [T in TemplateName]?: Partial<Record<Words<T>, string>> };

/** As the table of any names: for looking up what a database row names. */
export const templateOf = (name: string): Template | undefined =>
  Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name as TemplateName] : undefined;
