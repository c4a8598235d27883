import Argon2, { Argon2Type } from "@phi-ag/argon2";
import wasm from "@phi-ag/argon2/argon2.wasm";
import { compareSync } from "bcryptjs";

/** OWASP's minimum for Argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, type: Argon2Type.Argon2id } as const;
const PREFIX = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/** Of the demo people and, where none is configured, of the admin. Known to everybody who reads this. */
export const DEMO_PASSWORD = "Guildhall1";

/** Fits no password, and costs what any does: made once, the first unknown account of an isolate would take twice as long. */
const DUMMY = `${PREFIX}${"A".repeat(22)}$${"A".repeat(43)}`;

let argon2: Argon2 | undefined;

/** One instance an isolate: its 19 MiB of memory never shrink. Hashing is synchronous, so it is serialised by itself. */
function instance(): Argon2 {
  argon2 ??= new Argon2(new WebAssembly.Instance(wasm));
  return argon2;
}

/** The password as a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$…`. */
export function hashPassword(password: string): string {
  return instance().hash(password.normalize("NFKC"), PARAMETERS).encoded;
}

export interface PasswordCheck {
  ok: boolean;
  /** The stored hash is of an older kind: hash again while the password is at hand. */
  stale: boolean;
}

/** Verifies against an Argon2id or imported bcrypt hash. `null`, an unknown account, costs the same and never fits. */
export function verifyPassword(password: string, stored: string | null): PasswordCheck {
  const normal = password.normalize("NFKC");
  if (stored?.startsWith("$2")) return { ok: compareSync(normal, stored), stale: true };
  const hash = stored ?? DUMMY;
  const ok = instance().tryVerify(hash, normal).success && stored !== null;
  return { ok, stale: !hash.startsWith(PREFIX) };
}
