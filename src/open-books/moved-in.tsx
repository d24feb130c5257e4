import type { JSX } from "preact";
import { link } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { IMPORT_SOURCES, type ImportedEntry, type ImportSource } from "../publication/entry.js";
import type { BooksView } from "./books-view.js";

/** What the fund brought along from where it was kept before, with what does not add up there. */
export function MovedIn({ view }: { view: BooksView }): JSX.Element {
  return (
    <>
      {IMPORT_SOURCES.map((source) => (
        <From view={view} source={source} />
      ))}
    </>
  );
}

function From({ view, source }: { view: BooksView; source: ImportSource }): JSX.Element | null {
  const { voice, fund } = view;
  const sections = view.imported.filter((section) => section.entry.source === source);
  if (sections.length === 0) return null;
  return (
    <section class="card" aria-labelledby={`moved-in-${source}`}>
      <h2 id={`moved-in-${source}`}>{voice.say(`books.imported.${source}`)}</h2>
      {sections.map(({ index, entry }) => (
        <p>
          {sayMovedIn(voice, entry)}{" "}
          <a href={link(voice.language, `/${fund.slug}/books/${index}`)}>{voice.say("entry.title", { index })}</a>
        </p>
      ))}
      <p>
        <a href={`${link(voice.language, `/${fund.slug}/books`)}&kind=import#entries`}>
          {voice.say("books.imported.entries")}
        </a>
      </p>
    </section>
  );
}

/** A section in plain words: how much, and where its own balance leaves its rows. */
export function sayMovedIn(voice: Voice, entry: ImportedEntry): string {
  const { booked, from, to, sum, stated, difference, breaks } = entry;
  const money = (amount: number): string => voice.money(BigInt(amount));
  const [fee, catches, unknown] = [breaks["leaves-out-fee"], breaks["catches-up"], breaks.unknown];
  const what = voice.say("books.imported.what", { booked, from: voice.day(from), to: voice.day(to), sum: money(sum) });
  if (stated === null) return what;
  const apart = difference === 0 ? "same" : difference > 0 ? "more" : "less";
  const says = voice.say("books.imported.stated", {
    apart,
    stated: money(stated),
    difference: money(Math.abs(difference)),
  });
  return [
    what,
    says,
    ...(fee + catches + unknown === 0 ? [] : [voice.say("books.imported.breaks", { count: fee + catches + unknown })]),
    ...(fee === 0 ? [] : [voice.say("books.imported.fee", { count: fee })]),
    ...(catches === 0 ? [] : [voice.say("books.imported.catches", { count: catches })]),
    ...(unknown === 0 ? [] : [voice.say("books.imported.unknown", { count: unknown })]),
  ].join(" ");
}
