export interface Mail {
  /** The idempotency key: a provider that sees it twice sends once, and it becomes the Message-ID. */
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

export interface Mailer {
  send(mail: Mail): Promise<void>;
}

/** Cloudflare Email Service through the `send_email` binding. */
export const bindingMailer = (binding: SendEmail, from: string): Mailer => ({
  async send(mail) {
    const { name, address } = parseAddress(from);
    await binding.send({
      from: { name, email: address },
      to: mail.to,
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { "X-Guildhall-Mail": mail.id },
    });
  },
});

function parseAddress(text: string): { name: string; address: string } {
  const match = /^(?<name>.*?)\s*<(?<address>[^>]+)>$/u.exec(text);
  return { name: match?.groups?.["name"] ?? "", address: match?.groups?.["address"] ?? text };
}
