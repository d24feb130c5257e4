import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../kernel/ids.js";
import { parseCheckpoint } from "./checkpoint.js";
import { cosignaturesOf } from "./cosignature.js";
import type { Hash } from "./merkle.js";
import { parseNote, parseSignature, verifyNote, type VerifierKey } from "./note.js";
import { formatAddCheckpoint, SIZE_CONTENT_TYPE } from "./witness.js";

/** A witness that we ask, at its submission prefix. */
export interface Witness {
  readonly name: string;
  readonly key: VerifierKey;
  readonly url: string;
}

export interface Question {
  readonly witness: Witness;
  /** A signed note, word for word. */
  readonly checkpoint: string;
  readonly size: number;
  /** The size that this witness cosigned last, as we remember it; at most `size`. */
  readonly lastSize: number;
  /** The log's own keys. */
  readonly logKeys: readonly VerifierKey[];
  /** From an older size to this one. */
  readonly proof: (from: number) => Promise<readonly Hash[]>;
}

/** A signature line; or why there is none this time. "ahead": the witness has seen a larger log than ours, so that ours must have been rolled back. */
export type WitnessReply =
  { readonly line: string } | { readonly failed: "down" | "slow" | "refused" | "lying" | "ahead" };

const ANSWER_BYTES_MAX = 4096;

/** The tlog-witness client (C2SP tlog-witness v1.0.0, add-checkpoint). Whatever a witness does, asking it ends within the timeout. */
export class WitnessGateway {
  constructor(
    private readonly fetch: typeof globalThis.fetch,
    private readonly timeoutMs: number,
  ) {}

  async cosign(question: Question): Promise<WitnessReply> {
    const first = await this.ask(question, question.lastSize);
    if (!("told" in first)) return first;
    if (first.told > question.size) return { failed: (await this.isAhead(question)) ? "ahead" : "refused" };
    // Once more, from where the witness says that it is.
    const second = await this.ask(question, first.told);
    return "told" in second ? { failed: "refused" } : second;
  }

  /** A number alone halts no log: the witness shows a larger checkpoint with our own log's signature (its monitoring API), or it is not believed. */
  private async isAhead({ witness, logKeys, size, checkpoint }: Question): Promise<boolean> {
    try {
      const origin = parseNote(checkpoint).text.split("\n")[0] ?? "";
      const hash = toHex(sha256(new TextEncoder().encode(origin)));
      const answer = await this.fetch(`${witness.url.replace(/\/$/, "")}/${hash}/checkpoint`, {
        redirect: "error",
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      const shown = parseNote(await limited(answer));
      verifyNote(shown, logKeys);
      return parseCheckpoint(shown.text, origin).size > size;
    } catch {
      return false;
    }
  }

  private async ask(question: Question, old: number): Promise<WitnessReply | { readonly told: number }> {
    const { witness, checkpoint } = question;
    const body = formatAddCheckpoint({ old, proof: await question.proof(old), checkpoint });
    try {
      const answer = await this.fetch(`${witness.url.replace(/\/$/, "")}/add-checkpoint`, {
        method: "POST",
        body,
        redirect: "error",
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      const text = await limited(answer);
      if (answer.status === 409 && answer.headers.get("content-type") === SIZE_CONTENT_TYPE) {
        const told = /^(0|[1-9]\d{0,15})\n$/.exec(text)?.[1];
        return told === undefined ? { failed: "refused" } : { told: Number(told) };
      }
      return answer.status === 200 ? lineOf(text, checkpoint, witness.key) : { failed: "refused" };
    } catch (error) {
      return { failed: (error as { name?: unknown } | null)?.name === "TimeoutError" ? "slow" : "down" };
    }
  }
}

async function limited(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > ANSWER_BYTES_MAX) throw new RangeError("the answer is too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The line of the key that was asked for, if it fits this very checkpoint. A witness may sign with further keys; they are passed over. */
function lineOf(text: string, checkpoint: string, key: VerifierKey): WitnessReply {
  try {
    for (const line of text.split("\n").filter((l) => l !== "")) {
      const signature = parseSignature(line);
      if (signature.name !== key.name || signature.keyId !== key.keyId) continue;
      cosignaturesOf({ text: parseNote(checkpoint).text, signatures: [signature] }, [key]);
      return { line: `${line}\n` };
    }
  } catch {
    return { failed: "lying" };
  }
  return { failed: "lying" };
}
