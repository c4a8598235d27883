import { escapeHtml, htmlPage } from "../../platform/html.ts";

/** Without this, a browser says `Origin: null` when the form is sent, and the check against forged requests refuses it. */
const REFERRER = '<meta name="referrer" content="same-origin">';

/** A link scanner must not unsubscribe anybody, so the page asks for a click. */
export const unsubscribePage = (token: string, kind: string | null): string =>
  htmlPage(
    "Unsubscribe",
    `${REFERRER}<h1>No more ${kind === null ? "notifications by e-mail" : "mails of this kind"}?</h1><p>Mails about the security of your account still come.</p>
<form method="post" action="/api/v1/mail/unsubscribe?token=${escapeHtml(encodeURIComponent(token))}"><button>Unsubscribe</button></form>`,
  );

export const unsubscribedPage = (): string =>
  htmlPage(
    "Unsubscribed",
    "<h1>Done</h1><p>You get no more of these mails. You can turn them on again in your preferences.</p>",
  );

export const badLinkPage = (): string =>
  htmlPage("Unsubscribe", "<h1>This link does not work</h1><p>It is damaged. Copy it whole from the mail.</p>");
