import type { ServiceContext } from "../../context.ts";
import { sign } from "../../platform/secrets.ts";
import type { Template } from "./templates.ts";

type Purpose = NonNullable<Template["token"]>["purpose"];

/**
 * The token of a mail's link, made anew from the 256 random bits of its `seed` whenever the mail is sent, so that sending
 * again carries the same link. Neither the database nor the secret alone tells it.
 */
export const linkToken = (ctx: Pick<ServiceContext, "config">, purpose: Purpose, seed: string): Promise<string> =>
  sign(`${purpose}:${seed}`, ctx.config.TOKEN_SECRET);
