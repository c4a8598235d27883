import type { TestProject } from "vitest/node";
import { startContract } from "./contract.ts";
import { startOpenAi } from "./openai.ts";
import type { GithubCounterpart } from "./github.ts";
import { startGithub } from "./github.ts";
import type { OidcCounterpart } from "./oidc.ts";
import { startOidc } from "./oidc.ts";
import { startPush } from "./push.ts";
import { startResend } from "./resend.ts";
import { startSentry } from "./sentry.ts";
import type { SmtpCounterpart } from "./smtp.ts";
import { startSmtp } from "./smtp.ts";
import { startWebhook } from "./webhook.ts";

declare module "vitest" {
  interface ProvidedContext {
    smtp: SmtpCounterpart;
    resend: string;
    sentry: string;
    oidc: OidcCounterpart;
    github: GithubCounterpart;
    openai: string;
    contract: string;
    push: string;
    webhook: string;
  }
}

/** Starts, in Node, whatever the outside world is to the Worker, and tells the tests where: `inject("smtp")`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [smtp, resend, sentry, openai, contract] = await Promise.all([
    startSmtp(),
    startResend(),
    startSentry(),
    startOpenAi(),
    startContract(),
  ]);
  project.provide("contract", contract.url);
  project.provide("smtp", smtp.counterpart);
  project.provide("resend", resend.url);
  project.provide("sentry", sentry.url);
  project.provide("openai", openai.url);
  const [push, webhook] = await Promise.all([startPush(), startWebhook()]);
  project.provide("push", push.url);
  project.provide("webhook", webhook.url);
  const [oidc, github] = await Promise.all([startOidc(), startGithub()]);
  project.provide("oidc", oidc.counterpart);
  project.provide("github", github.counterpart);
  return async () => {
    await Promise.all([
      smtp.stop(),
      resend.stop(),
      sentry.stop(),
      oidc.stop(),
      github.stop(),
      openai.stop(),
      contract.stop(),
      push.stop(),
      webhook.stop(),
    ]);
  };
}
