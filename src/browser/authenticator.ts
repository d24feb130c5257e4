import { startAuthentication } from "@simplewebauthn/browser";
import { fromBase64Url } from "../kernel/ids.js";
import { signWithSoftwarePasskey, type SoftwarePasskey } from "../treasurers/software-passkey.js";
import { PRF_SALT_TEXT } from "../treasurers/wrapped-identity.js";

/** A signature over a challenge; and, where it was asked for, what the passkey's PRF gives. The PRF's results never leave this file's callers. */
export interface Signed {
  readonly response: object;
  readonly credentialId: string;
  readonly prf: Uint8Array<ArrayBuffer> | null;
}

export type Authenticator = (challenge: string) => Promise<Signed>;

/** The device's own passkey. */
export const devicePasskey: Authenticator = async (challenge) => {
  const answer = await startAuthentication({
    optionsJSON: {
      challenge,
      userVerification: "required",
      extensions: { prf: { eval: { first: new TextEncoder().encode(PRF_SALT_TEXT) } } },
    },
  });
  const { prf, ...extensions } = answer.clientExtensionResults as { prf?: { results?: { first?: ArrayBuffer } } };
  const first = prf?.results?.first;
  return {
    response: { ...answer, clientExtensionResults: extensions },
    credentialId: answer.id,
    prf: first === undefined ? null : new Uint8Array(first),
  };
};

/** A practice treasurer's passkey, in software: for practice funds alone. */
export function practicePasskey(passkey: SoftwarePasskey): Authenticator {
  return async (challenge) => ({
    response: await signWithSoftwarePasskey(passkey, challenge, location.origin),
    credentialId: passkey.credentialId,
    prf: fromBase64Url(passkey.prf),
  });
}
