import type { Json } from "../kernel/canonical-json.js";

/** A person's proof that something is in the books: it verifies offline, for ever (`verifyReceipt`, the command line, the verifier's page). */
export interface ReceiptFile {
  readonly v: 1;
  readonly kind: "commonpot-receipt";
  /** The log's origin and the key that it began with. */
  readonly origin: string;
  readonly vkey: string;
  /** What the person's item says of itself, and the salt (hex) under which the batch commits to it. */
  readonly details: { readonly [name: string]: Json };
  readonly salt: string;
  /** The entry word for word, and its C2SP tlog-proof with the checkpoint and its cosignatures. */
  readonly entry: string;
  readonly proof: string;
}
