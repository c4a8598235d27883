import type { ServiceContext } from "../../context.ts";
import { seal, unseal } from "../../platform/sealing.ts";
import { signWebhook } from "../../platform/webhook-signature.ts";

const boundTo = ({ config }: Pick<ServiceContext, "config">, subject: string) => ({
  secret: config.TOKEN_SECRET,
  purpose: "webhook-secret" as const,
  subject,
});

/** For the database: a secret can be read again with the Worker's own, for this webhook alone. */
export const sealSecret = (ctx: Pick<ServiceContext, "config">, webhookId: string, secret: string): Promise<string> =>
  seal(secret, boundTo(ctx, webhookId));

interface Signing {
  webhookId: string;
  secret: string;
  /** As the column holds them. */
  formerSecrets: string;
}

/** The header that both the secret and those that still count have signed; null when the secret cannot be read. */
export async function signaturesOf(
  ctx: Pick<ServiceContext, "config" | "clock">,
  { webhookId, secret, formerSecrets }: Signing,
  message: { id: string; timestamp: string },
  body: string,
): Promise<string | null> {
  const now = ctx.clock.now().getTime();
  const former = (JSON.parse(formerSecrets) as { secret: string; until: number }[]).filter(({ until }) => until > now);
  const sealed = [secret, ...former.map((one) => one.secret)];
  const [key, ...others] = await Promise.all(sealed.map((one) => unseal(one, boundTo(ctx, webhookId))));
  if (typeof key !== "string") return null;
  const keys = [key, ...others.filter((other) => other !== null)];
  return (await Promise.all(keys.map((one) => signWebhook(one, message, body)))).join(" ");
}
