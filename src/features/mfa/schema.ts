import { z } from "@hono/zod-openapi";
import { maybe } from "../../platform/optional.ts";
import { CurrentPassword } from "../auth/schema.ts";

const Code = z
  .string()
  .min(6)
  .max(40)
  .openapi({ description: "Six digits of the authenticator app, or a recovery code.", example: "492039" });

export const MfaState = z
  .object({ totp: z.boolean(), recoveryCodesLeft: z.int() })
  .openapi("MfaState", { example: { totp: true, recoveryCodesLeft: 9 } });
export type MfaState = z.infer<typeof MfaState>;

export const TotpEnrolment = z
  .object({
    secret: z.string().openapi({ description: "Base32, for typing into an authenticator app." }),
    otpauthUrl: z.string().openapi({ description: "For a QR code." }),
  })
  .openapi("TotpEnrolment", {
    example: {
      secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
      otpauthUrl:
        "otpauth://totp/Guildhall%3Amei?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Guildhall&algorithm=SHA1&digits=6&period=30",
    },
  });
export type TotpEnrolment = z.infer<typeof TotpEnrolment>;

export const RecoveryCodes = z
  .object({ recoveryCodes: z.array(z.string()) })
  .openapi("RecoveryCodes", { example: { recoveryCodes: ["k7f2-zq5m-a4xw-h3tn"] } });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

export const TotpCode = z.object({ code: Code }).openapi("TotpCode", { example: { code: "492039" } });
export type TotpCode = z.infer<typeof TotpCode>;

export const VerifyMfa = z
  .object({
    mfaToken: maybe(z.string().min(1).max(200)).openapi({
      description: "`details.mfaToken` of the login; after a login at a provider its cookie does instead.",
    }),
    code: Code,
  })
  .openapi("VerifyMfa", { example: { mfaToken: "mC3…", code: "492039" } });

export const StepUp = z
  .object({ password: maybe(CurrentPassword), code: maybe(Code) })
  .refine(({ password, code }) => (password === undefined) !== (code === undefined), {
    error: "either `password` or `code`",
  })
  .openapi("StepUp", { example: { password: "Sunny-Harbour-7" } });
export type StepUp = z.infer<typeof StepUp>;
