import type { JSX } from "preact";
import { newToken } from "../kernel/ids.js";
import { RULES } from "../funds/rule.js";
import { fieldAttributes, MoneyField, Wrong, type FormState } from "../pages/fields.js";
import type { MessageKey } from "../pages/languages/en.js";
import { actionOf, type RulesView } from "./rules-view.js";
import { MEETING_CHARACTERS_MAX } from "./typed-rules.js";

/** Other rules, to be asked for. */
export function RulesForm({ view, form }: { view: RulesView; form: FormState }): JSX.Element {
  const { voice } = view;
  const shown: FormState = { ...form, typed: { ...view.typed, ...form.typed } };
  const again = form.typed["act"] === "charter";
  return (
    <details open={again}>
      <summary>{voice.say("change.rules")}</summary>
      <form method="post" action={actionOf(view)} class="card">
        <input type="hidden" name="key" value={newToken()} />
        <input type="hidden" name="act" value="charter" />
        <div class="field">
          <label for="rule">{voice.say("charter.rule")}</label>
          <Wrong form={shown} name="rule" />
          <select {...fieldAttributes(shown, "rule")}>
            {RULES.map((rule) => (
              <option value={rule} selected={shown.typed["rule"] === rule}>
                {voice.say(`change.rule.${rule}`)}
              </option>
            ))}
          </select>
        </div>
        <MoneyField voice={voice} form={shown} name="capPerRequest" label={voice.say("charter.cap")} required />
        <MoneyField voice={voice} form={shown} name="envelopePerWeek" label={voice.say("charter.envelope")} required />
        <Whole view={view} form={shown} name="releases" label="charter.releases" />
        <MoneyField
          voice={voice}
          form={shown}
          name="leastPart"
          label={voice.say("change.part")}
          hint={voice.say("change.part.hint")}
        />
        <Whole view={view} form={shown} name="quorum" label="charter.quorum" />
        <Whole view={view} form={shown} name="retentionDays" label="charter.retention" />
        <MoneyField
          voice={voice}
          form={shown}
          name="monthlyGoal"
          label={voice.say("charter.goal")}
          hint={voice.say("change.goal.hint")}
        />
        <div class="field">
          <label for="nextMeeting">{voice.say("change.meeting")}</label>
          <Wrong form={shown} name="nextMeeting" />
          <input
            {...fieldAttributes(shown, "nextMeeting")}
            maxLength={MEETING_CHARACTERS_MAX}
            dir="auto"
            value={shown.typed["nextMeeting"]}
          />
        </div>
        <label class="tick">
          <input
            type="checkbox"
            name="words"
            checked={shown.typed["words"] !== undefined && (!again || form.typed["words"] !== undefined)}
          />
          <span>{voice.say("charter.words")}</span>
        </label>
        <button>{voice.say("line.pause.ask")}</button>
      </form>
    </details>
  );
}

function Whole({
  view,
  form,
  name,
  label,
}: {
  view: RulesView;
  form: FormState;
  name: string;
  label: MessageKey;
}): JSX.Element {
  return (
    <div class="field">
      <label for={name}>{view.voice.say(label)}</label>
      <Wrong form={form} name={name} />
      <input {...fieldAttributes(form, name)} inputMode="numeric" maxLength={3} value={form.typed[name]} required />
    </div>
  );
}
