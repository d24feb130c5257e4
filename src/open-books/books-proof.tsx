import type { JSX } from "preact";
import { Note } from "../pages/fields.js";
import type { Voice } from "../pages/words.js";
import { parseNote } from "../tlog/note.js";
import type { PublishedLog } from "../tlog/log-reads.service.js";
import type { BooksView } from "./books-view.js";

/** What a reader should know before they trust the figures: that the log stands still, or that nobody else has seen it. */
export function Standing({ view }: { view: BooksView }): JSX.Element | null {
  const { voice, halted, log } = view;
  if (halted !== null)
    return (
      <div class="wrong" role="alert">
        <p>{voice.say("books.halted", { reason: halted.reason, day: voice.day(halted.day) })}</p>
      </div>
    );
  if (log !== null && log.unwitnessedSince !== null)
    return <Note>{voice.say("books.unwitnessed", { day: voice.day(log.unwitnessedSince) })}</Note>;
  // Signatures below the checkpoint under other names than the log's are its witnesses'.
  const witnessed = log !== null && parseNote(log.note).signatures.some((signature) => signature.name !== log.origin);
  return witnessed ? <Note kind="good">{voice.say("books.witnessed")}</Note> : null;
}

/** The button that verifies in the visitor's own browser, and how to do it without. */
export function CheckIt({ view, log }: { view: BooksView; log: PublishedLog }): JSX.Element {
  const { voice, fund } = view;
  return (
    <section class="card" aria-labelledby="check-it">
      <h2 id="check-it">{voice.say("books.verify.title")}</h2>
      <p>{voice.say("books.verify.intro")}</p>
      <p>
        <button
          type="button"
          id="verify"
          data-fund={`/${fund.slug}`}
          data-origin={log.origin}
          data-vkey={log.vkey}
          data-currency={fund.currency}
          hidden
        >
          {voice.say("books.verify.button")}
        </button>
      </p>
      <noscript>
        <p>{voice.say("books.verify.noscript")}</p>
      </noscript>
      <div id="verified" role="status" aria-live="polite" />
      <details>
        <summary>{voice.say("books.verify.cli")}</summary>
        <pre class="sealed">npm run -s commonpot -- verify {view.address}</pre>
        <p>
          <a href="/-/verify.html" download="commonpot-verify.html">
            {voice.say("books.verify.file")}
          </a>
        </p>
      </details>
      <p class="soft small">{voice.say("books.verify.size", { size: log.size, origin: log.origin })}</p>
    </section>
  );
}

export function TakeThem({ voice, slug }: { voice: Voice; slug: string }): JSX.Element {
  const files: [string, string][] = [
    [`/${slug}/books/ledger.csv`, voice.say("books.take.csv")],
    [`/${slug}/books/ledger.jsonl`, voice.say("books.take.jsonl")],
    [`/${slug}/books/ledger.journal`, voice.say("books.take.hledger")],
    [`/${slug}/books/ledger.beancount`, voice.say("books.take.beancount")],
    [`/${slug}/books/feed.atom`, voice.say("books.take.feed")],
    [`/api/v1/funds/${slug}`, voice.say("books.take.api")],
    [`/api/v1/funds/${slug}/entries`, voice.say("books.take.entries")],
  ];
  return (
    <>
      <h2>{voice.say("books.take")}</h2>
      <ul class="take">
        {files.map(([href, name]) => (
          <li>
            <a href={href}>{name}</a>
          </li>
        ))}
      </ul>
    </>
  );
}
