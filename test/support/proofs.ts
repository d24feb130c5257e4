import { solveChallenge, type Challenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";

/** Does the work that a challenge asks for, as a program of somebody else's would. Returns the Proof-Of-Work header. */
export async function proofFor(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString("base64");
}

/** The challenge in a page's form. */
export function challengeIn(html: string): Challenge {
  const found = /data-challenge="([^"]+)"/.exec(html)?.[1] ?? "null";
  return JSON.parse(found.replaceAll("&quot;", '"').replaceAll("&amp;", "&")) as Challenge;
}

export function hiddenField(html: string, name: string): string | undefined {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
}
