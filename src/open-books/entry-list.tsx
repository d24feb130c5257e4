import type { JSX } from "preact";
import { Note } from "../pages/fields.js";
import { link } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { BooksView } from "./books-view.js";
import { PAGE_SIZE_MAX } from "./figures.service.js";
import type { Placed } from "../publication/entry.js";
import { Table } from "./table.js";

/** A page of entries, newest first, with a filter by kind and month that works without script. */
export function Entries({ view }: { view: BooksView }): JSX.Element {
  const { voice, fund, entries } = view;
  return (
    <>
      <Filter view={view} />
      {entries.length === 0 ? (
        <Note>{voice.say("books.none")}</Note>
      ) : (
        <Table
          head={[
            voice.say("books.number"),
            voice.say("books.day"),
            voice.say("books.kind"),
            voice.say("books.count"),
            voice.say("books.sum"),
          ]}
          rows={entries.map((placed) => [
            String(placed.index),
            placed.entry.day,
            <a href={link(voice.language, `/${fund.slug}/books/${placed.index}`)}>
              {voice.say(`books.kind.${placed.entry.kind}`)}
            </a>,
            countOf(placed),
            sumOf(voice, placed),
          ])}
          numbersFrom={3}
        />
      )}
      <Older view={view} />
    </>
  );
}

function countOf({ entry }: Placed): string {
  if (entry.kind === "imported") return String(entry.booked);
  return "count" in entry ? String(entry.count) : "";
}

function sumOf(voice: Voice, { entry }: Placed): string {
  return "sum" in entry && (entry.kind === "imported" || entry.postings.length > 0)
    ? voice.money(BigInt(entry.sum))
    : "";
}

function Filter({ view }: { view: BooksView }): JSX.Element {
  const { voice, choices, wanted, fund } = view;
  const all = voice.say("books.filter.all");
  return (
    <form method="get" action={`/${fund.slug}/books#entries`} class="filter">
      <input type="hidden" name="lang" value={voice.language} />
      <div class="field">
        <label for="filter-kind">{voice.say("books.filter.kind")}</label>
        <select id="filter-kind" name="kind">
          <option value="">{all}</option>
          {choices.kinds.map((kind) => (
            <option value={kind} selected={wanted.kind === kind}>
              {voice.say(`books.kind.${kind}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="filter-month">{voice.say("books.filter.month")}</label>
        <select id="filter-month" name="month">
          <option value="">{all}</option>
          {choices.months.map((month) => (
            <option value={month} selected={wanted.month === month}>
              {month}
            </option>
          ))}
        </select>
      </div>
      <button class="quiet">{voice.say("books.filter")}</button>
    </form>
  );
}

function Older({ view }: { view: BooksView }): JSX.Element | null {
  const { voice, fund, entries, wanted } = view;
  const last = entries.at(-1);
  if (entries.length < PAGE_SIZE_MAX || !last) return null;
  const more = new URLSearchParams({ before: String(last.index), kind: wanted.kind ?? "", month: wanted.month ?? "" });
  return (
    <p>
      <a class="button quiet" href={`${link(voice.language, `/${fund.slug}/books`)}&${more.toString()}#entries`}>
        {voice.say("books.more")}
      </a>
    </p>
  );
}
