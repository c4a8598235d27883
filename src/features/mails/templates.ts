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
    link: ({ appUrl, token }) => `${appUrl}/verify-email?token=${encodeURIComponent(token)}`,
    token: { purpose: "verify_email", lifeMs: 24 * HOUR_MS },
  },
  session_reuse: {
    kind: "security",
    words: {
      subject: "We ended a session of yours",
      hello: "Hello {displayName},",
      what: "A sign-in token of yours was used a second time, which can mean that somebody copied it. We ended that session; sign in again.",
      advice: "If that was not you, change your password.",
    },
  },
} as const satisfies Record<string, Template>;

export type TemplateName = keyof typeof TEMPLATES;
export type Words<T extends TemplateName = TemplateName> = keyof (typeof TEMPLATES)[T]["words"];

/** What a language says; a template or a string that is missing falls back to English. */
export type Translations = { readonly [T in TemplateName]?: Partial<Record<Words<T>, string>> };

/** As the table of any names: for looking up what a database row names. */
export const templateOf = (name: string): Template | undefined =>
  Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name as TemplateName] : undefined;
