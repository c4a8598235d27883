const encoder = new TextEncoder();
const base64url = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: "base64url", omitPadding: true });

/** The receiving end of RFC 8291, as a browser has it: keys to give away, and what opens a message. */
export async function browser() {
  const algorithm = { name: "ECDH", namedCurve: "P-256" };
  const pair = (await crypto.subtle.generateKey(algorithm, true, ["deriveBits"])) as CryptoKeyPair;
  const point = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const auth = crypto.getRandomValues(new Uint8Array(16));

  const derive = async (material: BufferSource, salt: Uint8Array, info: Uint8Array, length: number) => {
    const key = await crypto.subtle.importKey("raw", material, "HKDF", false, ["deriveBits"]);
    return await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, length * 8);
  };

  /** Reads the head of RFC 8188 (salt, record size, key id), derives the keys and opens the one record. */
  async function decrypt(message: Uint8Array): Promise<Uint8Array> {
    const salt = message.slice(0, 16);
    const length = message[20] ?? 0;
    const sender = message.slice(21, 21 + length);
    const publicKey = await crypto.subtle.importKey("raw", sender, algorithm, true, []);
    const ecdh = { name: "ECDH", public: publicKey } as unknown as SubtleCryptoDeriveKeyAlgorithm;
    const secret = await crypto.subtle.deriveBits(ecdh, pair.privateKey, 256);
    const material = await derive(
      secret,
      auth,
      Uint8Array.from([...encoder.encode("WebPush: info\0"), ...point, ...sender]),
      32,
    );
    const key = await derive(material, salt, encoder.encode("Content-Encoding: aes128gcm\0"), 16);
    const iv = await derive(material, salt, encoder.encode("Content-Encoding: nonce\0"), 12);
    const cipher = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    const record = message.slice(21 + length);
    const padded = new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(iv) }, cipher, record),
    );
    const end = padded.lastIndexOf(2);
    if (end < 0) throw new Error("no delimiter");
    return padded.slice(0, end);
  }

  return { keys: { p256dh: base64url(point), auth: base64url(auth) }, decrypt };
}
