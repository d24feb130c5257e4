import type { ComponentChildren, JSX } from "preact";
import { HELD_BY_HAND } from "../ledger/account.js";
import { fieldAttributes, MoneyField, Wrong, type FormState, EMPTY_FORM } from "../pages/fields.js";
import type { MessageKey } from "../pages/languages/en.js";
import { Category, DayField, HoldingField, Whats } from "./holdings-fields.js";
import { Act, type HoldingsView } from "./holdings-view.js";
import type { What } from "./hand-entry.js";
import { MEMOS, SPONSOR } from "./sponsor-account.service.js";

const IN_AND_OUT: readonly What[] = ["gift", "dues", "levy", "fee", "refund", "unknown", "opening"];
const BAIL: readonly What[] = ["bail-returned", "bail-applied", "bail-forfeited", "bail-reinstated"];
const CAME_IN: readonly What[] = ["clear-gift", "clear-given-back"];
const WENT_OUT: readonly What[] = ["clear-aid", "clear-fee", "clear-came-back"];

/** What can be entered; each form stays folded until it is wanted, or was sent with something wrong in it. */
export function Forms({ view }: { view: HoldingsView }): JSX.Element {
  const { voice, holdings, deposits, suspense } = view;
  const byHand = holdings.filter((h) => h.code !== "assets:stripe").map((h) => h.code);
  return (
    <section>
      <Folded view={view} form="in" act="enter" title="money.in" button="money.enter">
        {(form, id) => (
          <>
            <Whats view={view} form={form} id={id} whats={IN_AND_OUT} />
            <MoneyField voice={voice} form={form} id={id} name="amount" label={voice.say("money.amount")} required />
            <HoldingField view={view} form={form} id={id} name="holding" label="money.holding" codes={byHand} />
            <DayField view={view} form={form} id={id} />
          </>
        )}
      </Folded>
      <Folded view={view} form="move" act="enter" title="money.move" button="money.move.enter">
        {(form, id) => (
          <>
            <input type="hidden" name="what" value="moved" />
            <MoneyField voice={voice} form={form} id={id} name="amount" label={voice.say("money.amount")} required />
            <HoldingField view={view} form={form} id={id} name="holding" label="money.from" codes={byHand} />
            <HoldingField view={view} form={form} id={id} name="to" label="money.to" codes={byHand} />
            <DayField view={view} form={form} id={id} />
          </>
        )}
      </Folded>
      {holdings.some((h) => h.code === SPONSOR && h.balance !== 0n) && (
        <Folded view={view} form="sponsor" act="note" title="sponsor.title" lead="sponsor.lead" button="sponsor.enter">
          {(form, id) => (
            <>
              <Whats view={view} form={form} id={id} whats={MEMOS} />
              <MoneyField voice={voice} form={form} id={id} name="amount" label={voice.say("money.amount")} required />
            </>
          )}
        </Folded>
      )}
      {deposits.length > 0 && <BailForm view={view} codes={byHand} />}
      {suspense !== 0n && <SuspenseForm view={view} codes={byHand} />}
      <Folded
        view={view}
        form="count"
        act="count"
        title="money.count"
        lead="money.count.lead"
        button="money.count.enter"
      >
        {(form, id) => (
          <>
            <HoldingField view={view} form={form} id={id} name="holding" label="money.holding" codes={byHand} />
            <MoneyField voice={voice} form={form} id={id} name="counted" label={voice.say("money.amount")} required />
          </>
        )}
      </Folded>
      <Folded view={view} form="custody" act="custody" title="money.new" button="money.new.enter">
        {(form, id) => <CustodyFields view={view} form={form} id={id} />}
      </Folded>
    </section>
  );
}

interface WithCodes {
  readonly view: HoldingsView;
  readonly codes: readonly string[];
}

function BailForm({ view, codes }: WithCodes): JSX.Element {
  const { voice, deposits } = view;
  return (
    <Folded view={view} form="bail" act="enter" title="money.bail.what" button="money.bail.enter">
      {(form, id) => (
        <>
          <div class="field">
            <label for={`${id}-deposit`}>{voice.say("money.bail.which")}</label>
            <Wrong form={form} name="deposit" />
            <select id={`${id}-deposit`} name="deposit">
              {deposits.map((d) => (
                <option value={d.depositId} selected={form.typed["deposit"] === d.depositId}>
                  {`${voice.money(d.outstanding > 0n ? d.outstanding : d.forfeited)} · ${voice.day(d.postedDay)}`}
                </option>
              ))}
            </select>
          </div>
          <Whats view={view} form={form} id={id} whats={BAIL} label="money.bail.what" />
          <MoneyField voice={voice} form={form} id={id} name="amount" label={voice.say("money.amount")} required />
          <MoneyField voice={voice} form={form} id={id} name="courtFee" label={voice.say("money.bail.fee")} />
          <HoldingField view={view} form={form} id={id} name="holding" label="money.to" codes={codes} />
          <Category view={view} form={form} id={id} />
          <DayField view={view} form={form} id={id} />
        </>
      )}
    </Folded>
  );
}

/** Money that came in is a credit on suspense, and money that went out a debit: each can turn out to be other things. */
function SuspenseForm({ view, codes }: WithCodes): JSX.Element {
  const { voice, suspense } = view;
  return (
    <Folded
      view={view}
      form="suspense"
      act="enter"
      title="money.suspense"
      values={{ amount: voice.money(suspense < 0n ? -suspense : suspense) }}
      lead="money.suspense.lead"
      button="money.suspense.enter"
    >
      {(form, id) => (
        <>
          <Whats view={view} form={form} id={id} whats={suspense < 0n ? CAME_IN : WENT_OUT} />
          <MoneyField voice={voice} form={form} id={id} name="amount" label={voice.say("money.amount")} required />
          <HoldingField view={view} form={form} id={id} name="holding" label="money.holding" codes={codes} />
          {suspense > 0n && <Category view={view} form={form} id={id} />}
          <DayField view={view} form={form} id={id} />
        </>
      )}
    </Folded>
  );
}

function CustodyFields({ view, form, id }: { view: HoldingsView; form: FormState; id: string }): JSX.Element {
  const { voice } = view;
  return (
    <>
      <div class="field">
        <label for={`${id}-rail`}>{voice.say("money.rail")}</label>
        <Wrong form={form} name="rail" />
        <select id={`${id}-rail`} name="rail">
          {HELD_BY_HAND.map((rail) => (
            <option value={rail} selected={form.typed["rail"] === rail}>
              {voice.say(`ask.rail.${rail}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`${id}-label`}>
          {voice.say("money.label")} <small>({voice.say("money.label.hint")})</small>
        </label>
        <Wrong form={form} name="label" />
        <input
          {...fieldAttributes(form, "label")}
          id={`${id}-label`}
          maxLength={16}
          autocomplete="off"
          autocapitalize="none"
          required
          value={form.typed["label"]}
        />
      </div>
      <div class="field">
        <label for={`${id}-keeper`}>{voice.say("money.keeper")}</label>
        <Wrong form={form} name="keeper" />
        <select id={`${id}-keeper`} name="keeper">
          {view.seats.map((seat) => (
            <option value={seat.treasurerId} selected={form.typed["keeper"] === seat.treasurerId}>
              {seat.name}
            </option>
          ))}
        </select>
      </div>
      <MoneyField
        voice={voice}
        form={form}
        id={id}
        name="cap"
        label={voice.say("money.cap")}
        hint={voice.say("money.cap.hint")}
      />
    </>
  );
}

/** A form that unfolds. It gets back what was typed into it, and only it. */
function Folded(props: {
  view: HoldingsView;
  form: string;
  act: string;
  title: MessageKey;
  values?: Readonly<Record<string, string>>;
  lead?: MessageKey;
  button: MessageKey;
  children: (form: FormState, id: string) => ComponentChildren;
}): JSX.Element {
  const { view, form: name } = props;
  const mine = view.form.typed["form"] === name;
  return (
    <details open={mine}>
      <summary>{view.voice.say(props.title, props.values)}</summary>
      {props.lead !== undefined && <p class="soft">{view.voice.say(props.lead)}</p>}
      <Act view={view} act={props.act} sentKey={mine ? view.form.typed["key"] : undefined}>
        <input type="hidden" name="form" value={name} />
        {props.children(mine ? view.form : EMPTY_FORM, name)}
        <p class="actions">
          <button>{view.voice.say(props.button)}</button>
        </p>
      </Act>
    </details>
  );
}
