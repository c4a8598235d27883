import { escapeHtml, htmlPage } from "../../platform/html.ts";

interface Question {
  title: string;
  /** Where the form goes. */
  action: string;
  token: string;
  button: string;
  /** What was wrong with the answer before. */
  fault?: string | undefined;
}

const hidden = (token: string): string => `<input type="hidden" name="token" value="${escapeHtml(token)}">`;

/** A link scanner must not spend the token, so a page asks for a click. */
const ask = ({ title, action, token, button, fault }: Question, fields = ""): string =>
  htmlPage(
    title,
    `<h1>${escapeHtml(title)}</h1>${fault ? `<p role="alert"><strong>${escapeHtml(fault)}</strong></p>` : ""}<form method="post" action="${action}">${hidden(token)}${fields}<button>${escapeHtml(button)}</button></form>`,
  );

export const verifyEmailPage = (token: string): string =>
  ask({ title: "Confirm your e-mail address", action: "/verify-email", token, button: "Confirm" });

export const notMePage = (token: string): string =>
  ask({ title: "Was that not you?", action: "/not-me", token, button: "End that session" });

export const resetPasswordPage = (token: string, fault?: string): string =>
  ask(
    { title: "Choose a new password", action: "/reset-password", token, button: "Set the password", fault },
    '<label>New password: 8 to 128 characters with a lower-case letter, an upper-case letter and a digit<input type="password" name="password" autocomplete="new-password" required minlength="8"></label>',
  );

export const donePage = (told: string): string =>
  htmlPage("Done", `<h1>Done</h1><p>${escapeHtml(told)} You may close this page.</p>`);

export const takenPage = (): string =>
  htmlPage(
    "This address is taken",
    "<h1>This address is taken</h1><p>Another account has it by now, so yours keeps the one it had.</p>",
  );

export const deadLinkPage = (): string =>
  htmlPage(
    "This link does not work",
    "<h1>This link does not work</h1><p>It was used, is too old, or never was one. Ask for a new one in the app.</p>",
  );
