import type { JSX } from "preact";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { drawnOrder } from "../publication/draw.js";
import type { Placed } from "../publication/entry.js";
import { sayMovedIn } from "./moved-in.js";
import { Table } from "./table.js";

export interface EntryView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly placed: Placed;
  /** A tlog-proof. */
  readonly proof: string;
  readonly size: number;
}

/** One entry of the log: in words, as it stands, and with its proof. */
export function entryPage(view: EntryView): string {
  const { voice, fund, placed, proof, size } = view;
  const { entry, index } = placed;
  const title = `${voice.say("entry.title", { index })}: ${voice.say(`books.kind.${entry.kind}`)}`;
  return page(
    { language: voice.language, title, fund, here: "books", wide: true },
    <>
      <h1>{title}</h1>
      <p class="lead">{voice.say("entry.of", { index, size, day: voice.day(entry.day) })}</p>
      {entry.kind === "imported" && <p>{sayMovedIn(voice, entry)}</p>}
      <Money view={view} />
      {entry.kind === "drawn" && (
        <>
          <h2>{voice.say("entry.drawn")}</h2>
          <p>{voice.say("entry.drawn.intro")}</p>
          <ol class="tickets">
            {drawnOrder(entry.tickets, entry.secrets).map((mark) => (
              <li>
                <code>{mark}</code>
              </li>
            ))}
          </ol>
        </>
      )}
      <h2>{voice.say("entry.words")}</h2>
      <pre class="sealed" tabIndex={0}>
        {JSON.stringify(entry, null, 2)}
      </pre>
      <h2>{voice.say("entry.proof")}</h2>
      <p>{voice.say("entry.proof.intro")}</p>
      <pre class="sealed" tabIndex={0}>
        {proof}
      </pre>
      <p>
        <a class="button quiet" href={`/api/v1/funds/${fund.slug}/entries/${index}/proof`}>
          {voice.say("entry.proof.file")}
        </a>
      </p>
      <p class="actions">
        {index > 0 && <a href={link(voice.language, `/${fund.slug}/books/${index - 1}`)}>{voice.say("entry.older")}</a>}
        <a href={link(voice.language, `/${fund.slug}/books`)}>{voice.say("entry.back")}</a>
        {index + 1 < size && (
          <a href={link(voice.language, `/${fund.slug}/books/${index + 1}`)}>{voice.say("entry.newer")}</a>
        )}
      </p>
    </>,
  );
}

function Money({ view }: { view: EntryView }): JSX.Element | null {
  const { voice } = view;
  const { entry } = view.placed;
  if (!("postings" in entry)) return null;
  return (
    <>
      {"count" in entry && (
        <p>{voice.say("entry.about.money", { count: entry.count, sum: voice.money(BigInt(entry.sum)) })}</p>
      )}
      {entry.postings.length > 0 && (
        <Table
          head={[voice.say("books.account"), voice.say("books.sum")]}
          rows={entry.postings.map((p) => [p.account, voice.money(BigInt(p.amount))])}
        />
      )}
    </>
  );
}
