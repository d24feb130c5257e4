import type { ComponentChildren, JSX } from "preact";
import { categoryName } from "../funds/category-name.js";
import { fieldAttributes, MoneyField, Wrong, type FormState } from "../pages/fields.js";
import type { MessageKey } from "../pages/languages/en.js";
import type { Voice } from "../pages/words.js";
import { RAILS, TO_CHARACTERS_MAX, WORDS_CHARACTERS_MAX } from "./aid-request.js";
import type { AskView } from "./ask-view.js";
import { LEG_FIELDS, LEGS_MAX, PAYEES, SHORT_CHARACTERS_MAX } from "./details.js";

/** The quiet part of the form: everything in it may stay empty, and nothing in it asks why. */
export function More({ view, form }: { view: AskView; form: FormState }): JSX.Element {
  const { voice, charter } = view;
  return (
    <>
      <Folded title="ask.more" voice={voice} form={form} fields={["payee", "category", "neededBy", "words"]}>
        <Choice voice={voice} form={form} name="payee" label="ask.payee">
          {PAYEES.map((payee) => (
            <option value={payee} selected={form.typed["payee"] === payee}>
              {voice.say(`ask.payee.${payee}`)}
            </option>
          ))}
        </Choice>
        <Choice voice={voice} form={form} name="category" label="ask.category">
          <option value="">{voice.say("ask.category.none")}</option>
          {[...charter.categories, "other"].map((category) => (
            <option value={category} selected={form.typed["category"] === category}>
              {categoryName(voice, category)}
            </option>
          ))}
        </Choice>
        <div class="field">
          <label for="neededBy">{voice.say("ask.needed")}</label>
          <Wrong form={form} name="neededBy" />
          <input type="date" {...fieldAttributes(form, "neededBy")} min={view.today} value={form.typed["neededBy"]} />
        </div>
        {charter.words && (
          <div class="field">
            <label for="words">{voice.say("ask.words")}</label>
            <Wrong form={form} name="words" />
            <textarea {...fieldAttributes(form, "words")} maxLength={WORDS_CHARACTERS_MAX}>
              {form.typed["words"]}
            </textarea>
          </div>
        )}
      </Folded>
      <Folded title="ask.parts" lead="ask.parts.lead" voice={voice} form={form} fields={legFields()}>
        {Array.from({ length: LEGS_MAX }, (_, i) => (
          <Leg voice={voice} form={form} n={i + 1} />
        ))}
      </Folded>
      <Folded
        title="ask.held"
        lead="ask.held.lead"
        voice={voice}
        form={form}
        fields={["heldName", "heldNumber", "heldPlace"]}
      >
        <ShortField voice={voice} form={form} name="heldName" label="ask.held.name" />
        <ShortField voice={voice} form={form} name="heldNumber" label="ask.held.number" />
        <ShortField voice={voice} form={form} name="heldPlace" label="ask.held.place" />
      </Folded>
      <Folded
        title="ask.contact"
        lead="ask.contact.lead"
        voice={voice}
        form={form}
        fields={["contactAt", "contactHours", "contactSay", "contactMessage", "contactShared"]}
      >
        <ShortField voice={voice} form={form} name="contactAt" label="ask.contact.at" />
        <ShortField voice={voice} form={form} name="contactHours" label="ask.contact.hours" />
        <ShortField voice={voice} form={form} name="contactSay" label="ask.contact.say" />
        <Tick voice={voice} form={form} name="contactMessage" label="ask.contact.message" />
        <Tick voice={voice} form={form} name="contactShared" label="ask.contact.shared" />
      </Folded>
    </>
  );
}

const legFields = (): string[] =>
  Array.from({ length: LEGS_MAX }, (_, i) => LEG_FIELDS.map((field) => `${field}${i + 1}`)).flat();

/** Shut until it is wanted, open again when something was typed into it. */
function Folded(props: {
  title: MessageKey;
  lead?: MessageKey;
  voice: Voice;
  form: FormState;
  fields: readonly string[];
  children: ComponentChildren;
}): JSX.Element {
  const { voice, form, fields } = props;
  const used = fields.some((f) => form.wrong[f] !== undefined || !["", "me"].includes(form.typed[f] ?? ""));
  return (
    <details open={used}>
      <summary>{voice.say(props.title)}</summary>
      {props.lead !== undefined && <p class="soft small">{voice.say(props.lead)}</p>}
      {props.children}
    </details>
  );
}

function Leg({ voice, form, n }: { voice: Voice; form: FormState; n: number }): JSX.Element {
  return (
    <fieldset>
      <legend>{voice.say("ask.part", { n })}</legend>
      <MoneyField voice={voice} form={form} name={`amount${n}`} label={voice.say("ask.part.amount")} />
      <PayToFields voice={voice} form={form} suffix={String(n)} />
    </fieldset>
  );
}

export function PayToFields({
  voice,
  form,
  suffix = "",
}: {
  voice: Voice;
  form: FormState;
  /** Tells a part's fields from those of the whole; a part may stay empty. */
  suffix?: string;
}): JSX.Element {
  const [rail, to] = [`rail${suffix}`, `to${suffix}`];
  const required = suffix === "";
  return (
    <>
      <div class="field">
        <label for={rail}>{voice.say("ask.rail")}</label>
        <Wrong form={form} name={rail} />
        <select {...fieldAttributes(form, rail)} required={required}>
          <option value="" />
          {RAILS.map((one) => (
            <option value={one} selected={form.typed[rail] === one}>
              {voice.say(`ask.rail.${one}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={to}>
          {voice.say("ask.to")} {required && <small>({voice.say("ask.to.hint")})</small>}
        </label>
        <Wrong form={form} name={to} />
        <input
          {...fieldAttributes(form, to)}
          maxLength={TO_CHARACTERS_MAX}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          dir="auto"
          value={form.typed[to]}
          required={required}
        />
      </div>
    </>
  );
}

interface FieldProps {
  readonly voice: Voice;
  readonly form: FormState;
  readonly name: string;
  readonly label: MessageKey;
}

function Choice({ voice, form, name, label, children }: FieldProps & { children: ComponentChildren }): JSX.Element {
  return (
    <div class="field">
      <label for={name}>{voice.say(label)}</label>
      <Wrong form={form} name={name} />
      <select {...fieldAttributes(form, name)}>{children}</select>
    </div>
  );
}

function ShortField({ voice, form, name, label }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <label for={name}>{voice.say(label)}</label>
      <Wrong form={form} name={name} />
      <input
        {...fieldAttributes(form, name)}
        maxLength={SHORT_CHARACTERS_MAX}
        autocomplete="off"
        dir="auto"
        value={form.typed[name]}
      />
    </div>
  );
}

export function Tick({ voice, form, name, label }: FieldProps): JSX.Element {
  return (
    <label class="tick">
      <input type="checkbox" name={name} checked={form.typed[name] !== undefined} />
      <span>{voice.say(label)}</span>
    </label>
  );
}
