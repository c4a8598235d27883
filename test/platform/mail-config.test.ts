import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { ConfigError, configOf } from "../../src/platform/config.ts";

const faultsOf = (settings: Record<string, string>): string[] => {
  try {
    configOf({ ...env, ...settings });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.variables;
    throw error;
  }
};

it.each([
  [{ MAIL_PROVIDER: "smtp" }, ["SMTP_URL"]],
  [{ MAIL_PROVIDER: "smtp", SMTP_URL: "mail.example.org" }, ["SMTP_URL"]],
  [{ MAIL_PROVIDER: "smtp", SMTP_URL: "smtps://a:b@mail.example.org" }, []],
  [{ MAIL_PROVIDER: "resend" }, ["RESEND_API_KEY"]],
  [{ MAIL_PROVIDER: "resend", RESEND_API_KEY: "re_x", RESEND_BASE_URL: "" }, []],
  [{ MAIL_PROVIDER: "pigeon" }, ["MAIL_PROVIDER"]],
  [{ MAIL_PROVIDER: "" }, []],
])("with %j names %j", (settings, faults) => {
  expect(faultsOf(settings as Record<string, string>)).toEqual(faults);
});
