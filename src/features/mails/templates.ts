const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

export interface Letter {
  subject: string;
  text: string;
  html: string;
}

export interface Recipient {
  displayName: string;
  appUrl: string;
  /** A one-time token for the templates that carry a link. */
  token: string;
}

interface Parts {
  subject: string;
  paragraphs: string[];
  link?: { label: string; url: string };
}

function letter({ subject, paragraphs, link }: Parts): Letter {
  const text = [...paragraphs, ...(link ? [`${link.label}: ${link.url}`] : []), "Guildhall"].join("\n\n");
  const body = paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join("");
  const anchor = link ? `<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a></p>` : "";
  return { subject, text, html: `<!doctype html><meta charset="utf-8">${body}${anchor}<p>Guildhall</p>` };
}

/** Every mail by name. A template is code: values are escaped by `letter`, never by the caller. */
export const TEMPLATES = {
  welcome: ({ displayName, appUrl, token }) =>
    letter({
      subject: "Welcome to Guildhall",
      paragraphs: [
        `Welcome, ${displayName}!`,
        "Confirm your e-mail address with the link below. It works once, for 24 hours.",
      ],
      link: { label: "Confirm my address", url: `${appUrl}/verify-email?token=${encodeURIComponent(token)}` },
    }),
  session_reuse: ({ displayName }) =>
    letter({
      subject: "We ended a session of yours",
      paragraphs: [
        `Hello ${displayName},`,
        "A sign-in token of yours was used a second time, which can mean that somebody copied it. We ended that session; sign in again.",
        "If that was not you, change your password.",
      ],
    }),
} as const satisfies Record<string, (recipient: Recipient) => Letter>;

export type TemplateName = keyof typeof TEMPLATES;
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as [TemplateName, ...TemplateName[]];
