import { get, post } from "./client.ts";
import { ORIGIN } from "./client.ts";

const encoder = new TextEncoder();
const base64url = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

type Cbor = number | string | Uint8Array | Map<Cbor, Cbor>;

/** As much of RFC 8949 as an authenticator writes: integers, texts, byte strings and maps. */
function cbor(value: Cbor): Uint8Array {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return bytes(head(3, encoder.encode(value).length), encoder.encode(value));
  if (value instanceof Uint8Array) return bytes(head(2, value.length), value);
  return bytes(head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)]));
}

function head(major: number, length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((major << 5) | length);
  return length < 256
    ? Uint8Array.of((major << 5) | 24, length)
    : Uint8Array.of((major << 5) | 25, length >> 8, length & 255);
}

const bytes = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** WebCrypto gives r and s side by side; WebAuthn wants them as a DER sequence of two integers. */
function der(signature: Uint8Array): Uint8Array {
  const integer = (raw: Uint8Array): Uint8Array => {
    const start = raw.findIndex((byte) => byte !== 0);
    const short = raw.subarray(start);
    const positive = (short[0] ?? 0) > 127 ? bytes(Uint8Array.of(0), short) : short;
    return bytes(Uint8Array.of(2, positive.length), positive);
  };
  const both = bytes(integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
  return bytes(Uint8Array.of(0x30, both.length), both);
}

const PRESENT = 1;
const VERIFIED = 4;
const ATTESTED = 64;

/** What an honest browser and authenticator would not do. */
export interface Lies {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  /** Nobody showed a finger or a PIN. */
  unverified?: boolean;
  /** What the signature counter says, in place of one more. */
  counter?: number;
  /** Signed with another key. */
  forged?: boolean;
  userHandle?: string;
}

/** A browser with an authenticator in software, as of WebAuthn Level 3: ES256, attestation `none`, one discoverable passkey. */
export class Authenticator {
  readonly id = base64url(crypto.getRandomValues(new Uint8Array(32)));
  readonly #keys = crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]) as Promise<CryptoKeyPair>;
  #userHandle = "";
  #counter = 0;

  /** `navigator.credentials.create(options).toJSON()` */
  async create(options: { challenge: string; rp: { id: string }; user: { id: string } }, lies: Lies = {}) {
    this.#userHandle = options.user.id;
    const jwk = (await crypto.subtle.exportKey("jwk", (await this.#keys).publicKey)) as JsonWebKey;
    const coordinate = (text = ""): Uint8Array => Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const key = new Map<Cbor, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, coordinate(jwk.x)],
      [-3, coordinate(jwk.y)],
    ]);
    const id = Uint8Array.fromBase64(this.id, { alphabet: "base64url" });
    const attested = bytes(new Uint8Array(16), Uint8Array.of(0, id.length), id, cbor(key));
    const authData = bytes(await this.#authenticatorData(options.rp.id, ATTESTED, lies), attested);
    const attestation = new Map<Cbor, Cbor>([
      ["fmt", "none"],
      ["attStmt", new Map()],
      ["authData", authData],
    ]);
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(this.#clientData("webauthn.create", options.challenge, lies)),
        attestationObject: base64url(cbor(attestation)),
        transports: ["internal"],
      },
    };
  }

  /** `navigator.credentials.get(options).toJSON()` */
  async get(options: { challenge: string; rpId: string }, lies: Lies = {}) {
    this.#counter = lies.counter ?? this.#counter + 1;
    const authenticatorData = await this.#authenticatorData(options.rpId, 0, lies);
    const clientData = this.#clientData("webauthn.get", options.challenge, lies);
    const signer = lies.forged ? await new Authenticator().#keys : await this.#keys;
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      signer.privateKey,
      bytes(authenticatorData, await sha256(clientData)),
    );
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(der(new Uint8Array(signature))),
        userHandle: lies.userHandle ?? this.#userHandle,
      },
    };
  }

  #clientData(type: string, challenge: string, lies: Lies): Uint8Array {
    const { origin = ORIGIN } = lies;
    const data = { type: lies.type ?? type, challenge: lies.challenge ?? challenge, origin, crossOrigin: false };
    return encoder.encode(JSON.stringify(data));
  }

  async #authenticatorData(rpId: string, flags: number, lies: Lies): Promise<Uint8Array> {
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, this.#counter);
    const shown = PRESENT | (lies.unverified ? 0 : VERIFIED) | flags;
    return bytes(await sha256(encoder.encode(lies.rpId ?? rpId)), Uint8Array.of(shown), counter);
  }
}

const API = "/api/v1/auth/passkeys";

export const registrationOptions = async (token: string) => (await post(`${API}/register/options`, {}, token)).data;
export const loginOptions = async () => (await post(`${API}/login/options`, {})).data;

/** A passkey of this person, in a new authenticator. */
export async function withPasskey(token: string): Promise<{ authenticator: Authenticator; id: string }> {
  const authenticator = new Authenticator();
  const credential = await authenticator.create(await registrationOptions(token));
  const answer = await post(`${API}/register/verify`, credential, token);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return { authenticator, id: answer.data.id };
}

export const passkeysOf = async (token: string) => (await get(API, token)).data;
