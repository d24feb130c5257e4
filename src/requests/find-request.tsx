import type { ComponentChildren, JSX } from "preact";
import { categoryName } from "../funds/category-name.js";
import { newToken } from "../kernel/ids.js";
import { fieldAttributes, MoneyField, Wrong, type FormState } from "../pages/fields.js";
import type { Voice } from "../pages/words.js";
import type { FoundRequest } from "./found-requests.service.js";

/** Looks for a request by what the person remembers of it: a day and a sum, nothing that was sealed. */
export function FindForm(props: {
  voice: Voice;
  action: string;
  form: FormState;
  today: string;
  title: string;
}): JSX.Element {
  const { voice, form } = props;
  return (
    <form method="post" action={props.action} class="card">
      <h2>{props.title}</h2>
      <input type="hidden" name="act" value="find" />
      <div class="field">
        <label for="day">{voice.say("another.day")}</label>
        <Wrong form={form} name="day" />
        <input type="date" {...fieldAttributes(form, "day")} max={props.today} value={form.typed["day"]} required />
      </div>
      <MoneyField voice={voice} form={form} name="amount" label={voice.say("another.amount")} required />
      <button class="quiet">{voice.say("refund.find")}</button>
    </form>
  );
}

/** One request that was found, with what can be asked about it. */
export function FoundItem(props: {
  voice: Voice;
  action: string;
  one: FoundRequest;
  fields: Readonly<Record<string, string>>;
  children: ComponentChildren;
}): JSX.Element {
  const { voice, one } = props;
  return (
    <li>
      <div class="row">
        <span class="amount">{voice.money(one.amount)}</span>
        <span>{voice.day(one.day)}</span>
        <span>{categoryName(voice, one.category)}</span>
      </div>
      <form method="post" action={props.action}>
        <input type="hidden" name="key" value={newToken()} />
        {Object.entries(props.fields).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <button class="quiet">{props.children}</button>
      </form>
    </li>
  );
}
