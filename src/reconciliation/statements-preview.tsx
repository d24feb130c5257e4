import type { ComponentChildren, JSX } from "preact";
import { fieldAttributes, FormErrors, Note, Wrong } from "../pages/fields.js";
import type { MessageKey } from "../pages/languages/en.js";
import { link, page } from "../pages/layout.js";
import { DAY_ORDERS, DECIMALS } from "./cells.js";
import { gapsOf, DELIMITERS, type Mapping } from "./statement-file.js";
import { holdingName, shortDay, signed, statementsPath, type PreviewView } from "./statements-view.js";

const LINES_SHOWN = 6;
const FAULTS_SHOWN = 5;
const DELIMITER_NAMES = { ",": "comma", ";": "semicolon", "\t": "tab" } as const;

/** How a file was read, before anything of it is kept: what the lines say of people is on this page alone, from the request. */
export function previewPage(view: PreviewView): string {
  const { voice, frame, form, reading } = view;
  const gaps = gapsOf(view.opened.mapping);
  return page(
    { language: voice.language, title: voice.say("statements.preview"), fund: frame, here: "desk" },
    <>
      <p>
        <a href={statementsPath(view, view.holding)}>← {voice.say("statements.title")}</a>
      </p>
      <h1>{voice.say("statements.preview")}</h1>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      {view.changed && <Note>{voice.say("statements.changed")}</Note>}
      <p class="lead">
        {voice.say(view.opened.remembered ? "statements.remembered" : "statements.guessed", {
          holding: holdingName(view.holding),
        })}
      </p>
      {gaps.length > 0 && <Note>{voice.say("statements.gaps")}</Note>}
      {reading === null ? <RawLines view={view} /> : <Lines view={view} reading={reading} />}
      <form
        method="post"
        enctype="multipart/form-data"
        action={link(voice.language, `/${frame.slug}/desk/statements/files`)}
      >
        <input type="hidden" name="holding" value={view.holding} />
        <input type="hidden" name="content" value={view.text} />
        <input type="hidden" name="seen" value={stampOf(view.opened.mapping)} />
        <input type="hidden" name="key" value={view.newKey()} />
        <Columns view={view} />
        <p class="actions">
          {reading !== null && reading.faults.length === 0 && reading.lines.length > 0 && (
            <button name="act" value="keep">
              {voice.say("statements.keep", { count: reading.lines.length })}
            </button>
          )}
          <button name="act" value="again" class="quiet">
            {voice.say("statements.again")}
          </button>
        </p>
      </form>
      <p class="soft small">{voice.say("statements.privacy")}</p>
    </>,
  );
}

/** A mapping as it was seen: what is kept was looked at exactly so. */
export function stampOf(mapping: Mapping): string {
  const { delimiter, day, order, amount, sign, moneyIn, moneyOut, decimal, balance, status, currency } = mapping;
  return JSON.stringify([delimiter, day, order, amount, sign, moneyIn, moneyOut, decimal, balance, status, currency]);
}

function Lines({ view, reading }: { view: PreviewView; reading: NonNullable<PreviewView["reading"]> }): JSX.Element {
  const { voice } = view;
  const leftOut = (["empty", "unfinished", "otherMoney"] as const)
    .filter((why) => reading.leftOut[why] > 0)
    .map((why) => voice.say(`statements.leftout.${why}`, { count: reading.leftOut[why] }));
  return (
    <section>
      <h2>{voice.say("statements.lines", { count: reading.lines.length })}</h2>
      {reading.faults.length > 0 && (
        <div class="wrong" role="alert">
          {reading.faults.slice(0, FAULTS_SHOWN).map(({ line, what }) => (
            <p>{voice.say(`statements.fault.${what}`, { line: String(line) })}</p>
          ))}
          {reading.faults.length > FAULTS_SHOWN && (
            <p>{voice.say("statements.fault.more", { count: reading.faults.length - FAULTS_SHOWN })}</p>
          )}
        </div>
      )}
      {leftOut.length > 0 && <p class="soft">{voice.say("statements.leftout", { what: leftOut.join(" · ") })}</p>}
      <ul class="people">
        {reading.lines.slice(0, LINES_SHOWN).map((line) => (
          <li>
            <div class="row">
              <span class="amount">{signed(voice, line.amount)}</span>
              <strong>{shortDay(voice, line.day)}</strong>
              {line.balance !== null && (
                <span class="soft">{voice.say("statements.then", { balance: voice.money(line.balance) })}</span>
              )}
            </div>
            <p class="soft small">
              {voice.say("statements.line", { line: String(line.line) })}: {cellsShown(line.cells)}
            </p>
          </li>
        ))}
      </ul>
      {reading.lines.length > LINES_SHOWN && (
        <p class="soft">{voice.say("statements.preview.more", { count: reading.lines.length - LINES_SHOWN })}</p>
      )}
    </section>
  );
}

/** The lines as they stand in the file, so that people see what they choose from. */
function RawLines({ view }: { view: PreviewView }): JSX.Element {
  const { voice, opened } = view;
  return (
    <ul class="people">
      {opened.table.rows.slice(0, LINES_SHOWN).map((row) => (
        <li class="small">
          {voice.say("statements.line", { line: String(row.line) })}: {cellsShown(row.cells)}
        </li>
      ))}
    </ul>
  );
}

function cellsShown(cells: readonly string[]): string {
  return cells
    .filter((cell) => cell !== "")
    .join(" · ")
    .slice(0, 160);
}

function Columns({ view }: { view: PreviewView }): JSX.Element {
  const { voice, form, opened } = view;
  const { mapping } = opened;
  const wanting =
    mapping.amount === null ||
    ["decimal", "delimiter"].some((name) => form.wrong[name] !== undefined) ||
    mapping.decimal === null;
  return (
    <section>
      <h2>{voice.say("statements.columns")}</h2>
      <Column view={view} name="day" />
      <Choice view={view} name="order">
        {mapping.order === null && <option value="">{voice.say("statements.choose")}</option>}
        {DAY_ORDERS.map((order) => (
          <option value={order} selected={order === mapping.order}>
            {voice.say(`statements.order.${order}`)}
          </option>
        ))}
      </Choice>
      <Column view={view} name="amount" />
      <details open={wanting}>
        <summary>{voice.say("statements.columns.more")}</summary>
        <Column view={view} name="moneyIn" />
        <Column view={view} name="moneyOut" />
        <Column view={view} name="sign" />
        <Choice view={view} name="decimal">
          {mapping.decimal === null && <option value="">{voice.say("statements.choose")}</option>}
          {DECIMALS.map((decimal) => (
            <option value={decimal} selected={decimal === mapping.decimal}>
              {decimal === "." ? "1,234.50" : "1.234,50"}
            </option>
          ))}
        </Choice>
        <Column view={view} name="balance" />
        <Column view={view} name="status" />
        <Column view={view} name="currency" />
        <Choice view={view} name="delimiter">
          {DELIMITERS.map((delimiter) => (
            <option value={DELIMITER_NAMES[delimiter]} selected={delimiter === mapping.delimiter}>
              {voice.say(`statements.delimiter.${DELIMITER_NAMES[delimiter]}`)}
            </option>
          ))}
        </Choice>
      </details>
    </section>
  );
}

type ColumnName = "day" | "amount" | "moneyIn" | "moneyOut" | "sign" | "balance" | "status" | "currency";

function Column({ view, name }: { view: PreviewView; name: ColumnName }): JSX.Element {
  const { table, mapping } = view.opened;
  const wanted = gapsOf(mapping).some((gap) => gap === name);
  return (
    <Choice view={view} name={name}>
      <option value="">{wanted ? view.voice.say("statements.choose") : "—"}</option>
      {Array.from({ length: table.columns }, (_, column) => (
        <option value={String(column)} selected={mapping[name] === column}>
          {columnName(view, column)}
        </option>
      ))}
    </Choice>
  );
}

/** The name that the file gives to a column, or its number and what stands in it first. */
function columnName({ voice, opened }: PreviewView, column: number): string {
  const name = opened.table.header?.[column] ?? "";
  if (name !== "") return name.slice(0, 40);
  const sample = opened.table.rows.find((row) => (row.cells[column] ?? "") !== "")?.cells[column] ?? "";
  const number = voice.say("statements.column", { number: column + 1 });
  return sample === "" ? number : `${number}: ${sample.slice(0, 24)}`;
}

function Choice({
  view,
  name,
  children,
}: {
  view: PreviewView;
  name: ColumnName | "order" | "decimal" | "delimiter";
  children: ComponentChildren;
}): JSX.Element {
  const key: MessageKey = `statements.field.${name}`;
  return (
    <div class="field">
      <label for={name}>{view.voice.say(key)}</label>
      <Wrong form={view.form} name={name} />
      <select {...fieldAttributes(view.form, name)}>{children}</select>
    </div>
  );
}
