import { canonicalJson, type Json } from "../kernel/canonical-json.js";
import type { Assertion } from "../publication/entry.js";
import type { PasskeyAssertion } from "./software-passkey.js";

/** What a passkey is asked to sign. The purpose is the first thing that is hashed, so that a login can never be an approval. */
export type Purpose = "register" | "login" | "open" | "approve" | "genesis" | "decide";

/** Statement v1 (docs/architecture.md, approvals): exactly what a treasurer says yes to. Anyone can check it with the roster. */
export interface ApprovalStatement {
  readonly v: 1;
  readonly purpose: "approve";
  readonly fund: string;
  readonly charter: number;
  readonly roster: number;
  readonly quorum: number;
  readonly nonce: string;
  /** The size of the public log that the signer saw; 0 before it began. */
  readonly logSize: number;
  /** Hex, sorted: one per disbursement. */
  readonly commitments: readonly string[];
}

/** What every seat signs to open a fund. */
export interface GenesisStatement {
  readonly v: 1;
  readonly purpose: "genesis";
  readonly fund: string;
  /** SHA-256 of the charter and of the roster, hex. */
  readonly charter: string;
  readonly roster: string;
  readonly nonce: string;
}

/** What a treasurer signs of a decision that is no payout: the subject stands in it word for word. */
export interface DecisionStatement {
  readonly v: 1;
  readonly purpose: "decide";
  readonly fund: string;
  readonly charter: number;
  readonly roster: number;
  readonly quorum: number;
  readonly nonce: string;
  readonly decision: string;
  readonly kind: string;
  readonly subject: Json;
}

/** What an approval commits to, of one disbursement. `sealed` is the SHA-256 of the sealed file, hex. */
export interface ItemDetails {
  readonly amount: number;
  readonly currency: string;
  readonly category: string;
  readonly sealed: string;
}

/** An assertion as the public log carries it. */
export function publicAssertion(response: PasskeyAssertion): Assertion {
  const { authenticatorData, clientDataJSON, signature } = response.response;
  return { credential: response.id, authenticatorData, clientData: clientDataJSON, signature };
}

/** SHA-256 of `commonpot/<purpose>/v1`, a line feed, and the text: the WebAuthn challenge. The same in a browser and here. */
export async function challengeFor(purpose: Purpose, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`commonpot/${purpose}/v1\n${text}`)),
  );
}

export function statementText(statement: ApprovalStatement | GenesisStatement | DecisionStatement): string {
  return canonicalJson(statement as unknown as Json);
}
