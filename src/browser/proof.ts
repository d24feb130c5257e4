import { solveChallenge, type Challenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";

export interface AskedProof extends Challenge {
  readonly parameters: Challenge["parameters"] & { readonly data: { readonly rounds: number } };
}

/** Does the work that a challenge asks for, in the browser's own threads (WebCrypto). Returns ALTCHA's payload. */
export async function solve(challenge: AskedProof, progress: (percent: number) => void): Promise<string> {
  const { rounds } = challenge.parameters.data;
  let done = 0;
  const solution = await solveChallenge({
    challenge,
    timeout: 0,
    deriveKey: (...given) => {
      if (++done % 10 === 0) progress((100 * done) / rounds);
      return deriveKey(...given);
    },
  });
  return btoa(JSON.stringify({ challenge, solution }));
}
