import type { JSX } from "preact";
import { fieldAttributes, Wrong, EMPTY_FORM } from "../pages/fields.js";
import { ENTRIES_IN, ENTRIES_OUT } from "./line-matches.service.js";
import type { Option } from "./match.js";
import { GROUP_ROWS, type ShownLine } from "./statement-reads.service.js";
import { More } from "./statements-groups.js";
import { holdingName, LineAct, optionValue, place, sayOption, shortDay, signed, type StatementsView } from "./statements-view.js"; // prettier-ignore

const LEAVE = "leave";

/** Lines that nothing in the book explains: entered by hand from here, said to be something further away, or left alone. */
export function LeftOver({ view }: { view: StatementsView }): JSX.Element {
  const { voice, board } = view;
  const { left } = board.proposals;
  const shown = left.slice(0, GROUP_ROWS);
  return (
    <section id="left-over">
      <h2>{voice.say("statements.left", { count: left.length })}</h2>
      <p class="soft">{voice.say(left.length === 0 ? "statements.left.none" : "statements.left.lead")}</p>
      <ul class="people">
        {shown.map(({ lineId, further }) => {
          const line = board.lines.get(lineId);
          return line === undefined ? null : <LeftLine view={view} line={line} further={further} />;
        })}
      </ul>
      <More view={view} count={left.length - shown.length} />
      {left.length > 0 && (
        <LineAct view={view} act="leave" id={LEAVE}>
          <p class="actions">
            <button class="quiet">{voice.say("statements.leave")}</button>
          </p>
        </LineAct>
      )}
    </section>
  );
}

function LeftLine({
  view,
  line,
  further,
}: {
  view: StatementsView;
  line: ShownLine;
  further: readonly Option[];
}): JSX.Element {
  const { voice } = view;
  return (
    <li data-left={line.lineId}>
      <label class="tick">
        <input type="checkbox" name={`leave-${line.lineId}`} form={LEAVE} />
        <span>
          <span class="amount">{signed(voice, line.amount)}</span> <strong>{shortDay(voice, line.day)}</strong>
          <br />
          <span class="soft small">{place(voice, line)}</span>
        </span>
      </label>
      <Begin view={view} line={line} />
      {further.length > 0 && (
        <details>
          <summary>{voice.say("statements.further")}</summary>
          <LineAct view={view} act="match">
            <input type="hidden" name={`yes-${line.lineId}`} value="on" />
            <div class="field">
              <label for={`further-${line.lineId}`}>{voice.say("statements.several")}</label>
              <select id={`further-${line.lineId}`} name={`is-${line.lineId}`}>
                {further.map((option) => (
                  <option value={optionValue(option)}>{sayOption(view, option)}</option>
                ))}
              </select>
            </div>
            <p class="actions">
              <button class="quiet">{voice.say("statements.further.yes")}</button>
            </p>
          </LineAct>
        </details>
      )}
    </li>
  );
}

/** Sum, day and holding are the line's; a person says what it was, and another one says yes. */
function Begin({ view, line }: { view: StatementsView; line: ShownLine }): JSX.Element {
  const { voice } = view;
  const mine = view.form.typed["act"] === "begin" && view.form.typed["line"] === line.lineId;
  const form = mine ? view.form : EMPTY_FORM;
  const id = (name: string): string => `${name}-${line.lineId}`;
  const came = line.amount > 0n;
  return (
    <details open={mine}>
      <summary>{voice.say("statements.enter")}</summary>
      {!came && <p class="soft small">{voice.say("statements.enter.help")}</p>}
      <LineAct view={view} act="begin">
        <input type="hidden" name="line" value={line.lineId} />
        <div class="field">
          <label for={id("what")}>{voice.say("money.what")}</label>
          <Wrong form={form} name="what" />
          <select {...fieldAttributes(form, "what", id("what"))}>
            {(came ? ENTRIES_IN : ENTRIES_OUT).map((what) => (
              <option value={what} selected={form.typed["what"] === what}>
                {voice.say(
                  what === "moved" ? (came ? "statements.moved.in" : "statements.moved.out") : `money.what.${what}`,
                )}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for={id("other")}>
            {voice.say(came ? "money.from" : "money.to")} <small>({voice.say("statements.other.hint")})</small>
          </label>
          <Wrong form={form} name="other" />
          <select {...fieldAttributes(form, "other", id("other"))}>
            <option value="">—</option>
            {view.elsewhere.map((code) => (
              <option value={code} selected={form.typed["other"] === code}>
                {holdingName(code)}
              </option>
            ))}
          </select>
        </div>
        <p class="actions">
          <button class="quiet">{voice.say("money.enter")}</button>
        </p>
      </LineAct>
    </details>
  );
}
