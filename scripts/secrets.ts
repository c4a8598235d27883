import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";

/** Fresh local secrets: an Ed25519 JWK set that signs access tokens, and the key that signs cursors and hashes tokens. */
export async function createSecrets(): Promise<{ JWT_KEYS: string; TOKEN_SECRET: string }> {
  const { privateKey } = await generateKeyPair("Ed25519", { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = randomBytes(8).toString("hex");
  return {
    JWT_KEYS: JSON.stringify({ keys: [{ ...jwk, kid, alg: "EdDSA", use: "sig" }] }),
    TOKEN_SECRET: randomBytes(32).toString("base64url"),
  };
}

if (import.meta.main) {
  for (const [name, value] of Object.entries(await createSecrets())) console.log(`${name}='${value}'`);
}
