import type { Config } from "../../platform/config.ts";

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}a{color:#0b57d0}</style></head><body>${body}</body></html>`;

/** What runs here, and where to go on. */
export function frontDoor({ ENVIRONMENT }: Pick<Config, "ENVIRONMENT">): string {
  const local =
    ENVIRONMENT === "production"
      ? ""
      : '<li><a href="/dev/mailbox">Mailbox</a>: the mails that would have been sent</li>';
  return page(
    "Guildhall",
    `<h1>Guildhall</h1><p>The backend of a learning community: goals, challenges, feedback, rooms, and progress as a game.</p>
<ul><li><a href="/docs/">API documentation</a></li><li><a href="/openapi.json">OpenAPI 3.1 document</a></li><li><a href="/health">Health</a></li>
<li><a href="/.well-known/jwks.json">Public keys</a></li>${local}</ul>`,
  );
}

/** A link scanner must not spend the token, so the page asks for a click. */
export const verifyEmailPage = (token: string): string =>
  page(
    "Confirm your address",
    `<h1>Confirm your e-mail address</h1><form method="post" action="/verify-email"><input type="hidden" name="token" value="${escapeHtml(token)}"><button>Confirm</button></form>`,
  );

export const verifyEmailResult = (confirmed: boolean): string =>
  confirmed
    ? page("Confirmed", "<h1>Thank you</h1><p>Your address is confirmed. You may close this page.</p>")
    : page(
        "Not confirmed",
        "<h1>This link does not work</h1><p>It was used, is older than 24 hours, or never was one. Ask for a new one in the app.</p>",
      );
