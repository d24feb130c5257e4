import type { JSX } from "preact";
import { Note } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { PAGE_SIZE_MAX, type PublicFigures, type PublishedBatch, type Week } from "./figures.service.js";
import { WeekChart } from "./week-chart.js";

export interface BooksView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly k: number;
  readonly figures: PublicFigures;
  readonly weeks: readonly Week[];
  readonly batches: readonly PublishedBatch[];
}

export function booksPage(view: BooksView): string {
  const { voice, fund, figures } = view;
  return page(
    { language: voice.language, title: voice.say("books.title", { name: fund.name }), fund, here: "books", wide: true },
    <>
      <h1>{voice.say("books.title", { name: fund.name })}</h1>
      <p class="lead">
        {voice.say("books.publish")} {voice.say("books.never")}
      </p>
      {view.batches.length === 0 ? <Note>{voice.say("books.empty", { k: view.k })}</Note> : <Published view={view} />}
      <p class="soft">{voice.say("books.cannot")}</p>
      {figures.asOf !== null && <p class="soft small">{voice.say("books.asof", { day: voice.day(figures.asOf) })}</p>}
      <p class="small">
        <a href={`/api/v1/funds/${fund.slug}`}>{voice.say("books.json")}</a>
      </p>
    </>,
  );
}

function Published({ view }: { view: BooksView }): JSX.Element {
  const { voice, weeks } = view;
  return (
    <>
      <Headline view={view} />
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
      <h2>{voice.say("books.groups")}</h2>
      <Table
        head={[voice.say("books.day"), voice.say("books.kind"), voice.say("books.count"), voice.say("books.sum")]}
        rows={view.batches.map((b) => [
          b.day,
          `${voice.say(`books.kind.${publicKind(b.kind)}`)} · ${b.batchNo}`,
          String(b.count),
          voice.money(BigInt(b.sum)),
        ])}
        numbersFrom={2}
      />
      <Older view={view} />
      <h2>{voice.say("books.accounts")}</h2>
      <Table
        head={[voice.say("books.account"), voice.say("books.balance")]}
        rows={[...view.figures.accounts]
          .filter(([, amount]) => amount !== 0n)
          .map(([code, amount]) => [code, voice.money(amount)])}
      />
    </>
  );
}

function publicKind(kind: PublishedBatch["kind"]): Exclude<PublishedBatch["kind"], "suspense"> {
  return kind === "suspense" ? "moved" : kind;
}

function Headline({ view }: { view: BooksView }): JSX.Element {
  const { voice, figures, k } = view;
  const few = voice.say("books.hidden", { k });
  const number = (n: bigint | null): string => (n === null ? few : n.toString());
  const items: [string, string][] = [
    [voice.say("books.in"), voice.money(figures.given)],
    [voice.say("books.out"), voice.money(figures.paidOut)],
    [voice.say("books.settled"), voice.money(figures.settled)],
    [voice.say("books.transit"), voice.money(figures.inTransit)],
    [voice.say("books.held"), voice.money(figures.held)],
    [voice.say("books.free"), voice.money(figures.freeToPromise)],
    [voice.say("books.waiting"), number(figures.waiting)],
    [
      voice.say("books.confirmed"),
      figures.paid === null || figures.confirmed === null
        ? few
        : voice.say("books.confirmed.of", { confirmed: String(figures.confirmed), paid: String(figures.paid) }),
    ],
  ];
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

function Older({ view }: { view: BooksView }): JSX.Element | null {
  const last = view.batches.at(-1);
  if (view.batches.length < PAGE_SIZE_MAX || !last) return null;
  return (
    <p>
      <a class="button quiet" href={`${link(view.voice.language, `/${view.fund.slug}/books`)}&before=${last.batchNo}`}>
        {view.voice.say("books.more")}
      </a>
    </p>
  );
}

function Table({
  head,
  rows,
  numbersFrom = 1,
}: {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  numbersFrom?: number;
}): JSX.Element {
  const classOf = (i: number): string | undefined => (i >= numbersFrom ? "number" : undefined);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={head.join(", ")}>
      <table>
        <thead>
          <tr>
            {head.map((text, i) => (
              <th scope="col" class={classOf(i)}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr>
              {cells.map((text, i) => (
                <td class={classOf(i)}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
