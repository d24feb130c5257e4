import type { ComponentChildren, JSX } from "preact";
import { EMPTY_FORM, fieldAttributes, FormErrors, Note, Wrong, type FormState } from "../../pages/fields.js";
import { link, page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { comesIn, LINKS_MAX, totalsOf, wordOf, type GiftLine } from "./yearly.js";
import type { Statement } from "./gift-lines.service.js";

interface PaperView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  /** Where anyone checks the books. */
  readonly booksUrl: string;
  readonly timeZone: string;
}

export interface PrintedReceiptView extends PaperView {
  readonly number: string;
  readonly lines: readonly GiftLine[];
  readonly back: string;
}

export interface YearView extends PaperView {
  readonly year: string;
  readonly statement: Statement;
}

export interface YearFormView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly years: readonly string[];
  readonly likely: string;
  readonly form?: FormState;
}

/** One receipt on paper. */
export function printedReceiptPage(view: PrintedReceiptView): string {
  const { voice, fund, lines } = view;
  const title = voice.say("yearly.receipt.title");
  return page(
    { language: voice.language, title, fund },
    <Paper view={view} title={title} gifts={lines} onward={{ href: view.back, says: voice.say("yearly.back") }}>
      <dl class="facts">
        <Fact label={voice.say("yearly.receipt.to")}>{fund.name}</Fact>
        <Fact label={voice.say("yearly.receipt.number")}>{view.number}</Fact>
      </dl>
      <Lines voice={voice} lines={lines} />
    </Paper>,
  );
}

/** One year on paper, over one receipt or several. */
export function yearPage(view: YearView): string {
  const { voice, fund, year, statement } = view;
  const title = voice.say("yearly.title", { year });
  const list = (positions: readonly number[]): { count: number; positions: string } => ({
    count: positions.length,
    positions: new Intl.ListFormat(voice.language).format(positions.map(String)),
  });
  const onward = { href: link(voice.language, `/${fund.slug}/receipts/year`), says: voice.say("yearly.several") };
  return page(
    { language: voice.language, title, fund },
    <Paper view={view} title={title} gifts={statement.lines} onward={onward}>
      <dl class="facts">
        <Fact label={voice.say("yearly.receipt.to")}>{fund.name}</Fact>
      </dl>
      {statement.unknown.length > 0 && <Note>{voice.say("yearly.unknown", list(statement.unknown))}</Note>}
      {statement.unbooked.length > 0 && <Note>{voice.say("yearly.unbooked", list(statement.unbooked))}</Note>}
      {statement.lines.length === 0 ? (
        <p>{voice.say("yearly.none")}</p>
      ) : (
        <Lines voice={voice} lines={statement.lines} numbered />
      )}
    </Paper>,
  );
}

export function yearFormPage({ voice, fund, years, likely, form = EMPTY_FORM }: YearFormView): string {
  const chosen = form.typed["year"] ?? likely;
  return page(
    { language: voice.language, title: voice.say("yearly.form.title"), fund },
    <>
      <h1>{voice.say("yearly.form.title")}</h1>
      <p>{voice.say("yearly.form.lead")}</p>
      <form method="post" action={link(voice.language, `/${fund.slug}/receipts/year`)} class="card">
        <FormErrors form={form} sentence={voice.say("problem.invalid")} />
        <div class="field">
          <label for="links">
            {voice.say("yearly.form.links")} <small>({voice.say("yearly.form.links.hint", { max: LINKS_MAX })})</small>
          </label>
          <Wrong form={form} name="links" />
          <textarea {...fieldAttributes(form, "links")} rows={6} spellcheck={false} autocomplete="off" required>
            {form.typed["links"] ?? ""}
          </textarea>
        </div>
        <div class="field">
          <label for="year">{voice.say("yearly.form.year")}</label>
          <Wrong form={form} name="year" />
          <select {...fieldAttributes(form, "year")}>
            {years.map((year) => (
              <option selected={year === chosen}>{year}</option>
            ))}
          </select>
        </div>
        <button>{voice.say("yearly.form.button")}</button>
      </form>
    </>,
  );
}

interface PaperProps {
  readonly view: PaperView;
  readonly title: string;
  readonly gifts: readonly GiftLine[];
  /** Where the screen leads next. */
  readonly onward: { readonly href: string; readonly says: string };
  readonly children: ComponentChildren;
}

/** What stands on every paper. In practice it says so in print as well. */
function Paper({ view, title, gifts, onward, children }: PaperProps): JSX.Element {
  const { voice, fund } = view;
  const count = gifts.filter((line) => line.kind === "gift").length;
  return (
    <>
      <h1>{title}</h1>
      {fund.practice && <p class="print">{voice.say("mail.practice")}</p>}
      {children}
      {count > 0 && (
        <p>
          {voice.say("yearly.receipt.nothing", { count })} {voice.say("yearly.receipt.tax")}
        </p>
      )}
      <p class="soft small">
        {voice.say("yearly.receipt.verify", { link: view.booksUrl })}{" "}
        {voice.say("yearly.zone", { zone: view.timeZone })}
      </p>
      <p class="soft small noprint">{voice.say("yearly.print.how")}</p>
      <p class="noprint">
        <a href={onward.href}>{onward.says}</a>
      </p>
    </>
  );
}

function Fact({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Days, gifts and refunds, and what they come to. */
function Lines({
  voice,
  lines,
  numbered = false,
}: {
  voice: Voice;
  lines: readonly GiftLine[];
  numbered?: boolean;
}): JSX.Element {
  const totals = totalsOf(lines);
  const columns = numbered ? 3 : 2;
  const sums = [
    ["yearly.given", totals.given],
    ["yearly.refunded", -totals.refunded],
    ["yearly.dispute", -totals.disputed],
    ["yearly.total", totals.total],
  ] as const;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{voice.say("yearly.day")}</th>
            <th scope="col">{voice.say("yearly.what")}</th>
            {numbered && <th scope="col">{voice.say("yearly.number")}</th>}
            <th scope="col" class="number">
              {voice.say("yearly.amount")}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr>
              <td>{voice.day(line.day)}</td>
              <td>{voice.say(wordOf(line))}</td>
              {numbered && <td>{line.number}</td>}
              <td class="number">{voice.money(comesIn(line.kind) ? line.amount : -line.amount)}</td>
            </tr>
          ))}
        </tbody>
        {lines.length > 1 && (
          <tfoot>
            {sums.map(([key, amount]) =>
              key !== "yearly.total" &&
              (key === "yearly.given" ? totals.total === totals.given : amount === 0n) ? null : (
                <tr>
                  <th scope="row" colSpan={columns}>
                    {voice.say(key)}
                  </th>
                  <td class="number">{voice.money(amount)}</td>
                </tr>
              ),
            )}
          </tfoot>
        )}
      </table>
    </div>
  );
}
