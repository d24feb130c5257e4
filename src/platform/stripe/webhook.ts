import Stripe from "stripe";
import { Refusal } from "../../kernel/refusal.js";

export const TOLERANCE_SECONDS = 300;

export interface SignedEvent {
  readonly id: string;
  readonly type: string;
  readonly created: Date;
  readonly livemode: boolean;
  /** The connected account that it is of; empty for the server's own. */
  readonly account: string;
  readonly object: Readonly<Record<string, unknown>>;
}

const verifier = new Stripe("sk_test_none").webhooks;

/**
 * Checks the signature over the exact bytes and then the shape. Refuses `bad-signature`, always with the same words, for everything else:
 * the SDK throws three kinds of error on odd headers and accepts a signed `null` (docs/threat-model.md).
 */
export function readSignedEvent(
  bytes: Buffer,
  header: unknown,
  secrets: readonly string[],
  livemode: boolean,
  now: Date,
): SignedEvent {
  if (typeof header !== "string" || header.length > 2000 || !/^[\x20-\x7e]+$/.test(header))
    throw new Refusal("bad-signature");
  for (const secret of secrets) {
    try {
      const event: unknown = verifier.constructEvent(
        bytes,
        header,
        secret,
        TOLERANCE_SECONDS,
        undefined,
        now.getTime(),
      );
      return readShape(event, livemode);
    } catch {
      continue;
    }
  }
  throw new Refusal("bad-signature");
}

function readShape(event: unknown, livemode: boolean): SignedEvent {
  const {
    id,
    type,
    created,
    object,
    data,
    livemode: live,
    account,
  } = (event ?? {}) as Record<string, unknown> & { account?: string };
  const inner = (data as { object?: unknown } | undefined)?.object;
  const fits =
    object === "event" && typeof id === "string" && /^evt_\w{1,250}$/.test(id) && typeof type === "string" && /^[a-z0-9_.]{3,100}$/.test(type) &&
    typeof created === "number" && live === livemode && (account === undefined || (typeof account === "string" && /^acct_\w{1,100}$/.test(account))) && typeof inner === "object" && inner !== null; // prettier-ignore
  if (!fits) throw new Refusal("bad-signature");
  return {
    id,
    type,
    created: new Date(created * 1000),
    livemode,
    account: account ?? "",
    object: inner as Record<string, unknown>,
  };
}
