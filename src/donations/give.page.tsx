import type { JSX } from "preact";
import { exponentOf } from "../kernel/money.js";
import { EMPTY_FORM, fieldAttributes, FormErrors, MoneyField, Note, type FormState } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { CardsRest, type CardsRestView } from "./cards-rest.page.js";
import { feeOnTop } from "./donation.js";
import { STEP_UP_SCRIPT, StepUpFields, StepUpNote, type StepUpView } from "./step-up.page.js";

/** Whole units of the currency; nobody is ranked by them. */
const SUGGESTED = [10n, 25n, 50n, 100n];

export interface GiveView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly open: boolean;
  readonly cards: boolean;
  readonly practice: boolean;
  readonly cancelled: boolean;
  readonly key: string;
  readonly form?: FormState;
  /** Card gifts rest just now. */
  readonly rest?: CardsRestView;
  /** Many gifts are started just now. */
  readonly stepUp?: StepUpView;
}

export function givePage(view: GiveView): string {
  const { voice, fund } = view;
  return page(
    {
      language: voice.language,
      title: voice.say("give.title", { name: fund.name }),
      fund,
      here: "give",
      ...(view.stepUp ? { script: STEP_UP_SCRIPT } : {}),
    },
    <>
      <h1>{voice.say("give.title", { name: fund.name })}</h1>
      <p>{voice.say("give.intro")}</p>
      {view.cancelled && <Note>{voice.say("give.cancelled")}</Note>}
      {!view.open ? (
        <Note>{voice.say("give.closed")}</Note>
      ) : !view.cards ? (
        <Note>{voice.say("give.cards-off")}</Note>
      ) : view.rest ? (
        <CardsRest voice={voice} rest={view.rest}>
          {view.form && <GiveForm view={view} />}
        </CardsRest>
      ) : (
        <GiveForm view={view} />
      )}
    </>,
  );
}

function GiveForm({ view }: { view: GiveView }): JSX.Element {
  const { voice, fund, form = EMPTY_FORM } = view;
  const unit = 10n ** BigInt(exponentOf(fund.currency));
  const picked = form.typed["pick"] ?? "25";
  const example = 25n * unit;
  return (
    <form method="post" action={link(voice.language, `/${fund.slug}/give`)} class="card">
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <StepUpNote voice={voice} stepUp={view.stepUp} />
      <input type="hidden" name="key" value={form.typed["key"] ?? view.key} />
      <fieldset>
        <legend>{voice.say("give.amount")}</legend>
        <div class="choices">
          {SUGGESTED.map((units) => (
            <label>
              <input type="radio" name="pick" value={String(units)} checked={picked === String(units)} />
              <span>{voice.money(units * unit).replace(/[.,]0+(?!\d)/, "")}</span>
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
      <label class="tick">
        <input type="checkbox" {...fieldAttributes(form, "coverFee")} checked={form.typed["coverFee"] !== undefined} />
        <span>{voice.say("give.cover", { fee: voice.money(feeOnTop(example)), amount: voice.money(example) })}</span>
      </label>
      <p class="soft small">{voice.say("give.once")}</p>
      <StepUpFields voice={voice} stepUp={view.stepUp} />
      <button class="big">{voice.say("give.button")}</button>
      <p class="soft small">
        {voice.say("give.next", { where: voice.say(view.practice ? "give.where.practice" : "give.where.stripe") })}
      </p>
    </form>
  );
}
