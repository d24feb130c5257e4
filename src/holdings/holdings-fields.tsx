import type { JSX } from "preact";
import { categoryName } from "../funds/category-name.js";
import { Wrong, type FormState } from "../pages/fields.js";
import type { MessageKey } from "../pages/languages/en.js";
import type { What } from "./hand-entry.js";
import type { Memo } from "./sponsor-account.service.js";
import { holdingName, type HoldingsView } from "./holdings-view.js";

interface FieldProps {
  readonly view: HoldingsView;
  readonly form: FormState;
  readonly id: string;
}

export function Whats({
  view,
  form,
  id,
  whats,
  label = "money.what",
}: FieldProps & { whats: readonly (What | Memo)[]; label?: MessageKey }): JSX.Element {
  return (
    <div class="field">
      <label for={`${id}-what`}>{view.voice.say(label)}</label>
      <Wrong form={form} name="what" />
      <select id={`${id}-what`} name="what">
        {whats.map((what) => (
          <option value={what} selected={form.typed["what"] === what}>
            {view.voice.say(`money.what.${what}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function HoldingField({
  view,
  form,
  id,
  name,
  label,
  codes,
}: FieldProps & { name: string; label: MessageKey; codes: readonly string[] }): JSX.Element {
  return (
    <div class="field">
      <label for={`${id}-${name}`}>{view.voice.say(label)}</label>
      <Wrong form={form} name={name} />
      <select id={`${id}-${name}`} name={name}>
        {codes.map((code) => (
          <option value={code} selected={form.typed[name] === code}>
            {holdingName(code)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function DayField({ view, form, id }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <label for={`${id}-day`}>{view.voice.say("money.day")}</label>
      <Wrong form={form} name="day" />
      <input
        type="date"
        id={`${id}-day`}
        name="day"
        max={view.today}
        value={form.typed["day"] ?? view.today}
        required
      />
    </div>
  );
}

export function Category({ view, form, id }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <label for={`${id}-category`}>{view.voice.say("money.category")}</label>
      <select id={`${id}-category`} name="category">
        {[...view.categories, "other"].map((category) => (
          <option value={category} selected={form.typed["category"] === category}>
            {categoryName(view.voice, category)}
          </option>
        ))}
      </select>
    </div>
  );
}
