import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Vouches for the tests' own servers on `localhost`, whose certificate and key lie beside it; its own key was thrown away. */
const AUTHORITY = path.join(import.meta.dirname, "loopback-ca.pem");

/** The Workers runtime reads this when it is loaded: import this module before it. Whom the machine trusts besides stays. */
process.env.NODE_EXTRA_CA_CERTS = together(process.env.NODE_EXTRA_CA_CERTS);

function together(trusted: string | undefined): string {
  if (trusted === undefined || trusted === AUTHORITY) return AUTHORITY;
  const file = path.join(mkdtempSync(path.join(tmpdir(), "guildhall-trust-")), "authorities.pem");
  writeFileSync(file, [trusted, AUTHORITY].map((name) => readFileSync(name, "utf8")).join("\n"));
  return file;
}
