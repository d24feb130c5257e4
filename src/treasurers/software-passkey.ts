import { toBase64Url } from "../kernel/ids.js";

/** The JSON of a WebAuthn answer, as @simplewebauthn writes and reads it. */
export interface PasskeyAssertion {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly clientExtensionResults: Record<string, never>;
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
  };
}

/** A passkey in software, for practice funds alone: everybody knows its key. */
export interface SoftwarePasskey {
  readonly credentialId: string;
  /** P-256 private key. */
  readonly privateKey: JsonWebKey;
  /** What a real passkey's PRF would give, base64url of 32 bytes. */
  readonly prf: string;
}

const FLAGS_USER_PRESENT_AND_VERIFIED = 0x05;

/** Signs a challenge as an authenticator does (WebAuthn level 3, section 6.3.3): over authenticator data and the hash of the client data. */
export async function signWithSoftwarePasskey(
  passkey: SoftwarePasskey,
  challenge: string,
  origin: string,
): Promise<PasskeyAssertion> {
  const clientData = new TextEncoder().encode(
    JSON.stringify({ type: "webauthn.get", challenge, origin, crossOrigin: false }),
  );
  const rpIdHash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(new URL(origin).hostname)),
  );
  // A counter of 0 says that this authenticator keeps none (section 6.1.1).
  const authenticatorData = Uint8Array.from([...rpIdHash, FLAGS_USER_PRESENT_AND_VERIFIED, 0, 0, 0, 0]);
  const clientDataHash = new Uint8Array(await crypto.subtle.digest("SHA-256", clientData));
  const key = await crypto.subtle.importKey("jwk", passkey.privateKey, { name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
  ]);
  const raw = new Uint8Array(
    await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      key,
      Uint8Array.from([...authenticatorData, ...clientDataHash]),
    ),
  );
  return {
    id: passkey.credentialId,
    rawId: passkey.credentialId,
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: toBase64Url(clientData),
      authenticatorData: toBase64Url(authenticatorData),
      signature: toBase64Url(derSignature(raw)),
    },
  };
}

/** r‖s to the DER that WebAuthn wants. */
function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): number[] => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const trimmed = [...bytes.slice(start)];
    const body = (trimmed[0] ?? 0) >= 0x80 ? [0, ...trimmed] : trimmed;
    return [0x02, body.length, ...body];
  };
  const body = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
  return Uint8Array.from([0x30, body.length, ...body]);
}
