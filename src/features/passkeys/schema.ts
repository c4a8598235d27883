import { z } from "@hono/zod-openapi";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { Text } from "../../platform/text.ts";

const Base64url = z
  .string()
  .regex(/^[\w-]+$/u, { error: "base64url" })
  .max(60_000)
  .openapi({ pattern: "^[A-Za-z0-9_-]+$", example: "dGVzdA" });
const Transport = z.string().max(32);

export const Passkey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    backedUp: z.boolean().openapi({ description: "Whether it survives the loss of the device." }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .openapi("Passkey", {
    example: {
      id: "0199aa11-2233-7444-8555-66778899aabb",
      name: "Mei's phone",
      backedUp: true,
      createdAt: "2026-11-21T10:00:00.000Z",
      lastUsedAt: null,
    },
  });
export type Passkey = z.infer<typeof Passkey>;

/** What `navigator.credentials` takes, as JSON; WebAuthn Level 3 says what is in it. */
export const RegistrationOptions = z
  .custom<PublicKeyCredentialCreationOptionsJSON>()
  .openapi("PasskeyRegistrationOptions", {
    type: "object",
    description: "For `PublicKeyCredential.parseCreationOptionsFromJSON`.",
    example: {
      rp: { id: "guildhall.example", name: "Guildhall" },
      user: { id: "MDE5OWFhMTE", name: "mei", displayName: "mei" },
      challenge: "q1w2e3r4t5y6",
      pubKeyCredParams: [{ alg: -7, type: "public-key" }],
      timeout: 300_000,
      attestation: "none",
      excludeCredentials: [],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    },
  });
export const LoginOptions = z.custom<PublicKeyCredentialRequestOptionsJSON>().openapi("PasskeyLoginOptions", {
  type: "object",
  description: "For `PublicKeyCredential.parseRequestOptionsFromJSON`.",
  example: {
    rpId: "guildhall.example",
    challenge: "q1w2e3r4t5y6",
    timeout: 300_000,
    userVerification: "required",
  },
});

const credential = {
  id: Base64url,
  rawId: Base64url,
  type: z.literal("public-key"),
  clientExtensionResults: z.looseObject({}).default({}),
};

const EXAMPLE = { id: "AQIDBAUG", rawId: "AQIDBAUG", type: "public-key" as const, clientExtensionResults: {} };

/** `credential.toJSON()` of a new passkey, and how its owner calls it. */
export const NewPasskey = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: Base64url,
      attestationObject: Base64url,
      transports: z.array(Transport).max(10).optional(),
    }),
    name: Text(1, 80).optional(),
  })
  .openapi("NewPasskey", {
    example: {
      ...EXAMPLE,
      response: { clientDataJSON: "eyJ0eXBlIjoi", attestationObject: "o2NmbXRkbm9uZQ", transports: ["internal"] },
      name: "Mei's phone",
    },
  });
export type NewPasskey = z.output<typeof NewPasskey>;

/** `credential.toJSON()` of a passkey that was used. */
export const PasskeyLogin = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: Base64url,
      authenticatorData: Base64url,
      signature: Base64url,
      userHandle: Base64url.or(z.literal("")).nullish(),
    }),
    remember: z.boolean().default(false),
  })
  .openapi("PasskeyLogin", {
    example: {
      ...EXAMPLE,
      response: {
        clientDataJSON: "eyJ0eXBlIjoi",
        authenticatorData: "SZYN5YgOjGh0NBcP",
        signature: "MEUCIQDx",
        userHandle: "MDE5OWFhMTE",
      },
      remember: false,
    },
  });
export type PasskeyLogin = z.output<typeof PasskeyLogin>;

/** The library's types want an absent field to be absent, not `undefined`. */
export function asRegistration(input: NewPasskey): RegistrationResponseJSON {
  const { id, rawId, type, clientExtensionResults, response } = input;
  const { transports, ...signed } = response;
  return { id, rawId, type, clientExtensionResults, response: { ...signed, ...(transports ? { transports } : {}) } };
}

export function asAuthentication(input: PasskeyLogin): AuthenticationResponseJSON {
  const { id, rawId, type, clientExtensionResults, response } = input;
  const { userHandle, ...signed } = response;
  return { id, rawId, type, clientExtensionResults, response: { ...signed, ...(userHandle ? { userHandle } : {}) } };
}
