import { decimalString, exponentOf, parseTypedAmount } from "../../kernel/money.js";
import type { Fund } from "../../funds/funds.service.js";
import type { Voice } from "../../pages/words.js";
import type { GiftWish } from "./checkout.service.js";
import { displayNameFrom } from "./display-name.js";
import { cardGiftMin, cardStep } from "../donation.js";

type Typed = Readonly<Record<string, string>>;

/** What a form asks for; or what is wrong with it, by field, as sentences. */
export type TypedGift = { readonly gift: Omit<GiftWish, "key"> } | { readonly wrong: Readonly<Record<string, string>> };

export function typedGift(typed: Typed, fund: Pick<Fund, "charter" | "currency">, voice: Voice): TypedGift {
  const coverFee = typed["coverFee"] !== undefined;
  const amount = amountOf(typed, fund, voice, coverFee);
  const displayName = displayNameFrom(typed["displayName"]);
  if (typeof amount === "string" || displayName === false)
    return {
      wrong: {
        ...(typeof amount === "string" ? { amount } : {}),
        ...(displayName === false ? { displayName: voice.say("problem.display-name") } : {}),
      },
    };
  const purpose = typed["purpose"] ?? "";
  const frequency = typed["frequency"] === "monthly" ? "monthly" : "once";
  return { gift: { amount, coverFee, frequency, displayName, purpose: purpose === "" ? null : purpose } };
}

/** What a link fills in: how often, and how much in minor units. What makes no sense is left out; null when the link says nothing. */
export function typedByLink(query: Readonly<Record<string, unknown>>, currency: string): Typed | null {
  const { frequency, amount } = query;
  const typed = {
    ...(frequency === "monthly" ? { frequency } : {}),
    ...(typeof amount === "string" && /^[1-9]\d{0,10}$/.test(amount)
      ? { amount: decimalString(BigInt(amount), exponentOf(currency)) }
      : {}),
  };
  return Object.keys(typed).length === 0 ? null : typed;
}

/** The amount that was meant: the typed one wins over the picked one, and only what the page offered can be picked. A sentence when there is none. */
function amountOf(
  typed: Typed,
  { charter, currency }: Pick<Fund, "charter" | "currency">,
  voice: Voice,
  coverFee: boolean,
): bigint | string {
  const text = (typed["amount"] ?? "").trim();
  const picked = charter.suggested.find((amount) => amount.toString() === typed["pick"]) ?? null;
  const amount = text === "" ? picked : parseTypedAmount(text, currency, voice.locale);
  const example = charter.suggested[0] ?? 25n * 10n ** BigInt(exponentOf(currency));
  if (amount === null) return voice.say("problem.amount", { example: voice.money(example) });
  const min = cardGiftMin(currency);
  if (amount < min) return voice.say("problem.amount.min", { min: voice.money(min) });
  const step = cardStep(currency);
  // With the fee on top, the sum is rounded up to a whole step anyway.
  if (!coverFee && amount % step !== 0n) return voice.say("problem.amount.step", { step: voice.money(step) });
  return amount;
}
