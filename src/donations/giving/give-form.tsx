import type { JSX } from "preact";
import { EMPTY_FORM, fieldAttributes, FormErrors, MoneyField, Wrong, type FormState } from "../../pages/fields.js";
import type { Charter } from "../../funds/charter.js";
import { link, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { cardPrice } from "./card-price.js";
import { DISPLAY_NAME_MAX } from "./display-name.js";
import { feeOnTop } from "../donation.js";
import type { PurposeState } from "./purpose-view.js";
import { StepUpFields, StepUpNote, type StepUpView } from "../../pages/step-up.js";

/** The second amount of several is picked at first: neither the least nor the most. */
const PICKED_AT_FIRST = 1;

export type Monthly = "taken" | "until-over" | "ended";

export interface GiveFormView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly charter: Charter;
  readonly purpose: PurposeState;
  /** The name of today's purpose (`purposeOf`): what the form is for. */
  readonly today: string;
  readonly practice: boolean;
  /** Are monthly gifts taken, do they end by themselves when the strike is over, or has the fund ended them? */
  readonly monthly: Monthly;
  readonly key: string;
  readonly form?: FormState;
  /** Many gifts are started just now. */
  readonly stepUp?: StepUpView;
}

export function GiveForm({ view }: { view: GiveFormView }): JSX.Element {
  const { voice, fund, form = EMPTY_FORM } = view;
  const pin = view.purpose.kind === "pinned" ? `&purpose=${view.today}` : "";
  return (
    <form method="post" action={`${link(voice.language, `/${fund.slug}/give`)}${pin}`} class="card">
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <StepUpNote voice={voice} stepUp={view.stepUp} />
      <input type="hidden" name="key" value={form.typed["key"] ?? view.key} />
      <input type="hidden" name="purpose" value={form.typed["purpose"] ?? view.today} />
      <HowOften voice={voice} form={form} monthly={view.monthly} />
      <HowMuch voice={voice} form={form} suggested={view.charter.suggested} />
      <CoverFee voice={voice} form={form} suggested={view.charter.suggested} />
      <ShownName voice={voice} form={form} />
      <StepUpFields voice={voice} stepUp={view.stepUp} />
      <button class="big">{voice.say("give.button")}</button>
      <p class="soft small">
        {voice.say("give.next", { where: voice.say(view.practice ? "give.where.practice" : "give.where.stripe") })}
      </p>
    </form>
  );
}

interface Part {
  readonly voice: Voice;
  readonly form: FormState;
}

function HowOften({ voice, form, monthly }: Part & { monthly: Monthly }): JSX.Element {
  if (monthly === "ended") return <p class="soft">{voice.say("give.often.ended")}</p>;
  const chosen = form.typed["frequency"] === "monthly" ? "monthly" : "once";
  return (
    <fieldset aria-describedby="often-about">
      <legend>{voice.say("give.often")}</legend>
      <div class="choices">
        {(["once", "monthly"] as const).map((frequency) => (
          <label>
            <input type="radio" name="frequency" value={frequency} checked={frequency === chosen} />
            <span>{voice.say(`give.often.${frequency}`)}</span>
          </label>
        ))}
      </div>
      <p class="soft small" id="often-about">
        {voice.say(monthly === "until-over" ? "give.often.strike" : "give.often.about")}
      </p>
    </fieldset>
  );
}

function HowMuch({ voice, form, suggested }: Part & { suggested: readonly bigint[] }): JSX.Element {
  const first = suggested[PICKED_AT_FIRST] ?? suggested[0];
  const picked = form.typed["pick"] ?? first?.toString();
  if (suggested.length === 0)
    return <MoneyField voice={voice} form={form} name="amount" label={voice.say("give.amount")} required />;
  return (
    <>
      <fieldset>
        <legend>{voice.say("give.amount")}</legend>
        <div class="choices">
          {suggested.map((amount) => (
            <label>
              <input type="radio" name="pick" value={amount.toString()} checked={picked === amount.toString()} />
              <span>{roundMoney(voice, amount)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <MoneyField
        voice={voice}
        form={form}
        name="amount"
        label={voice.say("give.other")}
        hint={voice.say("give.other.hint")}
      />
    </>
  );
}

/** What is added for each amount on offer, to the cent, so that the tick needs no script; and that it is a guess of Stripe's fee. */
function CoverFee({ voice, form, suggested }: Part & { suggested: readonly bigint[] }): JSX.Element {
  return (
    <div class="field">
      <label class="tick">
        <input
          type="checkbox"
          {...fieldAttributes(form, "coverFee")}
          checked={form.typed["coverFee"] !== undefined}
          aria-describedby="cover-about"
        />
        <span>{voice.say("give.cover")}</span>
      </label>
      <div class="under-tick soft small" id="cover-about">
        {suggested.length > 0 && (
          <ul class="costs">
            {suggested.map((amount) => (
              <li>
                {voice.say("give.cover.each", {
                  amount: roundMoney(voice, amount),
                  fee: voice.money(feeOnTop(amount, voice.currency)),
                })}
              </li>
            ))}
          </ul>
        )}
        <p>{voice.say("give.cover.about", { price: priceText(voice) })}</p>
      </div>
    </div>
  );
}

function ShownName({ voice, form }: Part): JSX.Element {
  return (
    <div class="field">
      <label for="displayName">
        {voice.say("give.name")} <small>({voice.say("give.name.hint")})</small>
      </label>
      <Wrong form={form} name="displayName" />
      <input
        {...fieldAttributes(form, "displayName")}
        autocomplete="off"
        dir="auto"
        maxLength={DISPLAY_NAME_MAX}
        value={form.typed["displayName"]}
      />
      <p class="soft small">{voice.say("give.name.about")}</p>
    </div>
  );
}

/** "$25", where the cents are none. */
function roundMoney(voice: Voice, amount: bigint): string {
  return voice.money(amount).replace(/[.,]0+(?!\d)/, "");
}

/** "2.9% and $0.30" */
function priceText(voice: Voice): string {
  const price = cardPrice(voice.currency);
  if (price === null) return "";
  const percent = new Intl.NumberFormat(voice.locale, { style: "percent", maximumFractionDigits: 1 }).format(
    Number(price.perMille) / 1000,
  );
  return price.fixed === 0n ? percent : voice.say("give.price.both", { percent, fixed: voice.money(price.fixed) });
}
