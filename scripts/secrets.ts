import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";

/** Fresh local secrets: an Ed25519 JWK set that signs access tokens, the key that signs cursors and hashes tokens, and the P-256 key pair of web push. */
export async function createSecrets(): Promise<{ JWT_KEYS: string; TOKEN_SECRET: string; VAPID_KEYS: string }> {
  const { privateKey } = await generateKeyPair("Ed25519", { extractable: true });
  const jwk = await exportJWK(privateKey);
  const vapid = await generateKeyPair("ES256", { extractable: true });
  const kid = randomBytes(8).toString("hex");
  return {
    JWT_KEYS: JSON.stringify({ keys: [{ ...jwk, kid, alg: "EdDSA", use: "sig" }] }),
    TOKEN_SECRET: randomBytes(32).toString("base64url"),
    VAPID_KEYS: JSON.stringify(await exportJWK(vapid.privateKey)),
  };
}

if (import.meta.main) {
  for (const [name, value] of Object.entries(await createSecrets())) console.log(`${name}='${value}'`);
}
