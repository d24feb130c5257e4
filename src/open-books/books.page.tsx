import type { JSX } from "preact";
import { Note } from "../pages/fields.js";
import { page } from "../pages/layout.js";
import type { PublishedLog } from "../tlog/log-reads.service.js";
import type { BooksView } from "./books-view.js";
import { CheckIt, Standing, TakeThem } from "./books-proof.js";
import { Entries } from "./entry-list.js";
import { MovedIn } from "./moved-in.js";
import { Table } from "./table.js";
import { WeekChart } from "./week-chart.js";

export function booksPage(view: BooksView): string {
  const { voice, fund, figures, log } = view;
  return page(
    {
      language: voice.language,
      title: voice.say("books.title", { name: fund.name }),
      fund,
      here: "books",
      wide: true,
      ...(log === null ? {} : { script: "verify.page.js" }),
    },
    <>
      <h1>{voice.say("books.title", { name: fund.name })}</h1>
      <p class="lead">
        {voice.say("books.publish")} {voice.say("books.never")}
      </p>
      <Standing view={view} />
      {log === null ? <Note>{voice.say("books.empty", { k: view.k })}</Note> : <Published view={view} log={log} />}
      <p class="soft">
        {log !== null && voice.say("books.prove")} {voice.say("books.cannot")}
      </p>
      {figures.asOf !== null && <p class="soft small">{voice.say("books.asof", { day: voice.day(figures.asOf) })}</p>}
    </>,
  );
}

function Published({ view, log }: { view: BooksView; log: PublishedLog }): JSX.Element {
  const { voice, weeks, figures } = view;
  return (
    <>
      {figures.accounts.size === 0 ? <Note>{voice.say("books.empty", { k: view.k })}</Note> : <Headline view={view} />}
      <CheckIt view={view} log={log} />
      {weeks.length > 0 && (
        <>
          <h2>{voice.say("books.chart")}</h2>
          <figure>
            <WeekChart voice={voice} weeks={weeks} />
            <figcaption>
              <span class="key in" />
              {voice.say("books.in")} <span class="key out" />
              {voice.say("books.out")}
            </figcaption>
          </figure>
          <details>
            <summary>{voice.say("books.chart")}</summary>
            <Table
              head={[voice.say("books.week"), voice.say("books.in"), voice.say("books.out")]}
              rows={weeks.toReversed().map((w) => [w.monday, voice.money(w.in), voice.money(w.out)])}
            />
          </details>
        </>
      )}
      <MovedIn view={view} />
      <h2 id="entries">{voice.say("books.groups")}</h2>
      <Entries view={view} />
      <h2>{voice.say("books.accounts")}</h2>
      <Table
        head={[voice.say("books.account"), voice.say("books.balance")]}
        rows={[...figures.accounts]
          .filter(([, amount]) => amount !== 0n)
          .map(([code, amount]) => [code, voice.money(amount)])}
      />
      <TakeThem voice={voice} slug={view.fund.slug} />
    </>
  );
}

function Headline({ view }: { view: BooksView }): JSX.Element {
  const { voice, figures, k } = view;
  const number = (n: bigint | null): string => (n === null ? voice.say("books.hidden", { k }) : n.toString());
  const items: [string, string][] = [
    [voice.say("books.in"), voice.money(figures.given)],
    [voice.say("books.out"), voice.money(figures.paidOut)],
    [voice.say("books.settled"), voice.money(figures.settled)],
    [voice.say("books.transit"), voice.money(figures.inTransit)],
    [voice.say("books.held"), voice.money(figures.held)],
    [voice.say("books.free"), voice.money(figures.freeToPromise)],
    [voice.say("books.waiting"), number(figures.waiting)],
    ...(figures.outOfTurn > 0n ? [[voice.say("books.turn"), number(figures.outOfTurn)] as [string, string]] : []),
    [
      voice.say("books.confirmed"),
      voice.say("books.confirmed.of", { confirmed: String(figures.confirmed), paid: String(figures.paid) }),
    ],
  ];
  if (figures.bailPosted > 0n) {
    items.push([voice.say("books.deposit"), voice.money(figures.onDeposit)]);
    items.push([voice.say("books.turnover"), voice.money(figures.bailPosted)]);
  }
  return (
    <dl class="figures">
      {items.map(([label, value]) => (
        <div>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
