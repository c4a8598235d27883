import type { MailboxEntry } from "./service.ts";

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** The mailbox for a browser; letters are shown in sandboxed frames. */
export const mailboxPage = (
  mails: readonly MailboxEntry[],
): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}iframe{width:100%;border:1px solid #ccc;min-height:12rem}</style></head>
<body><h1>Mailbox</h1>${mails.length === 0 ? "<p>No mail yet.</p>" : mails.map(letter).join("")}</body></html>`;

const letter = (mail: MailboxEntry): string =>
  `<h2>${escapeHtml(mail.subject)}</h2><p>to ${escapeHtml(mail.to)}, ${mail.createdAt}</p><iframe sandbox srcdoc="${escapeHtml(mail.html)}"></iframe>`;
