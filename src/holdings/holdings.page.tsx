import type { JSX } from "preact";
import { daysBetween } from "../kernel/clock.js";
import { REASONS } from "../ledger/transaction.js";
import { FormErrors, Note } from "../pages/fields.js";
import { link, page } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { HandEntryRow } from "./hand-entry.entity.js";
import { isMemo, SPONSOR } from "./sponsor-account.service.js";
import { isUndoable } from "./hand-entry.js";
import { Forms } from "./holdings-forms.js";
import { Act, holdingName, type HoldingsView } from "./holdings-view.js";

/** Lines of the journal on one page. */
export const JOURNAL_ROWS = 15;

export function holdingsPage(view: HoldingsView): string {
  const { voice, frame, form } = view;
  return page(
    { language: voice.language, title: voice.say("money.title"), fund: frame, here: "desk" },
    <>
      <p>
        <a href={link(voice.language, `/${frame.slug}/desk`)}>← {voice.say("money.back")}</a>
      </p>
      <h1>{voice.say("money.title")}</h1>
      {view.done !== undefined && <Note kind="good">{doneSentence(voice, view.done)}</Note>}
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <Waiting view={view} />
      <Where view={view} />
      <p>
        <a class="button quiet" href={link(voice.language, `/${frame.slug}/desk/statements`)}>
          {voice.say("statements.link")}
        </a>
      </p>
      <Forms view={view} />
      <Bail view={view} />
      <JournalTable view={view} />
    </>,
  );
}

function doneSentence(voice: Voice, done: string): string {
  const counted = /^counted:(-?\d{1,15})$/.exec(done);
  if (counted) {
    const difference = BigInt(counted[1] ?? 0);
    if (difference === 0n) return voice.say("money.counted.same");
    return difference > 0n
      ? voice.say("money.counted.more", { amount: voice.money(difference) })
      : voice.say("money.counted.less", { amount: voice.money(-difference) });
  }
  return voice.say(done === "entered" ? "money.entered" : "money.done");
}

function Waiting({ view }: { view: HoldingsView }): JSX.Element {
  const { voice, me } = view;
  return (
    <section>
      <h2>{voice.say("money.waiting")}</h2>
      {view.waiting.length === 0 ? (
        <p class="soft">{voice.say("money.waiting.none")}</p>
      ) : (
        <ul class="people">
          {view.waiting.map((entry) => {
            const mine = entry.enteredBy === me.treasurerId;
            return (
              <li data-entry={entry.entryId}>
                <div class="row">
                  {entry.amount > 0n && <span class="amount">{voice.money(entry.amount)}</span>}
                  <strong>{voice.say(`money.what.${entry.what}`)}</strong>
                  <span class="soft">{voice.day(entry.day)}</span>
                </div>
                <p class="soft small">
                  {detailsOf(view, entry)} ·{" "}
                  {voice.say("money.by", {
                    name: view.seats.find((seat) => seat.treasurerId === entry.enteredBy)?.name ?? "?",
                  })}
                </p>
                <div class="actions">
                  {mine ? (
                    <span class="soft">{voice.say("money.mine")}</span>
                  ) : (
                    <Act view={view} act="confirm">
                      <input type="hidden" name="entry" value={entry.entryId} />
                      <button>{voice.say("money.yes")}</button>
                    </Act>
                  )}
                  <Act view={view} act="take-back">
                    <input type="hidden" name="entry" value={entry.entryId} />
                    <button class="quiet">{voice.say(mine ? "money.takeback" : "money.decline")}</button>
                  </Act>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** Everything that the second person says yes to: each posting, or the change of a holding. */
function detailsOf({ voice, seats }: HoldingsView, entry: HandEntryRow): string {
  if (entry.what === "custody") {
    const { rail, label, keeper, cap } = entry.content as {
      rail: string;
      label: string;
      keeper: string;
      cap: string | null;
    };
    const name = seats.find((seat) => seat.treasurerId === keeper)?.name ?? "?";
    return `${rail} ${label} · ${voice.say("money.keeper")}: ${name} · ${voice.say("money.cap")}: ${cap === null ? "—" : voice.money(BigInt(cap))}`;
  }
  if (isMemo(entry.what)) return holdingName(SPONSOR);
  const { postings } = entry.content as { postings: { account: string; amount: number }[] };
  return postings.map((p) => `${holdingName(p.account)} ${voice.money(BigInt(p.amount))}`).join(" · ");
}

function Where({ view }: { view: HoldingsView }): JSX.Element {
  const { voice } = view;
  const shown = view.holdings.filter((h) => h.balance !== 0n || h.keeper !== null);
  return (
    <section>
      <h2>{voice.say("money.where")}</h2>
      {shown.length === 0 && <p class="soft">{voice.say("money.where.none")}</p>}
      <ul class="people">
        {shown.map((h) => (
          <li>
            <div class="row">
              <span class="amount">{voice.money(h.balance)}</span>
              <strong>{holdingName(h.code)}</strong>
              {h.late && <span class="tag">{voice.say("money.late")}</span>}
            </div>
            {h.code === SPONSOR && <Sponsor view={view} />}
            {h.code !== "assets:stripe" && (
              <p class="soft small">
                {voice.say("money.keeper")}: {h.keeper?.name ?? voice.say("money.nobody")} · {voice.say("money.cap")}:{" "}
                {h.cap === null ? "—" : voice.money(h.cap)} · {voice.say("money.counted")}:{" "}
                {h.counted === null
                  ? voice.say("money.never")
                  : `${voice.day(h.counted.day)}${h.counted.counted === h.counted.booked ? "" : ` (${voice.money(h.counted.counted - h.counted.booked)})`}`}
              </p>
            )}
          </li>
        ))}
      </ul>
      <p class="soft small">{voice.say("money.lead")}</p>
    </section>
  );
}

/** What is asked of the fiscal sponsor, and what it holds back. */
function Sponsor({ view }: { view: HoldingsView }): JSX.Element | null {
  const { voice, sponsor } = view;
  if (sponsor.askedSince === null && sponsor.heldBack === 0n) return null;
  return (
    <p>
      {sponsor.askedSince !== null && (
        <span class="tag">
          {voice.say("sponsor.asked", { amount: voice.money(sponsor.asked), day: voice.day(sponsor.askedSince) })}
        </span>
      )}{" "}
      {sponsor.heldBack > 0n && (
        <span class="tag">{voice.say("sponsor.held", { amount: voice.money(sponsor.heldBack) })}</span>
      )}
    </p>
  );
}

function Bail({ view }: { view: HoldingsView }): JSX.Element {
  const { voice, today } = view;
  const out = view.deposits.filter((d) => d.outstanding > 0n);
  return (
    <section>
      <h2>{voice.say("money.bail")}</h2>
      {out.length === 0 ? (
        <p class="soft">{voice.say("money.bail.none")}</p>
      ) : (
        <ul class="people">
          {out.map((d) => (
            <li>
              <div class="row">
                <span class="amount">{voice.money(d.outstanding)}</span>
                <span>{voice.say("money.bail.age", { days: daysBetween(d.postedDay, today) })}</span>
                <span class="soft">{voice.say("money.bail.posted", { day: voice.day(d.postedDay) })}</span>
              </div>
              {d.outstanding !== d.amount && (
                <p class="soft small">
                  {voice.say("money.bail.of", {
                    outstanding: voice.money(d.outstanding),
                    amount: voice.money(d.amount),
                  })}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function JournalTable({ view }: { view: HoldingsView }): JSX.Element {
  const { voice, frame } = view;
  const last = view.journal.at(-1);
  return (
    <section>
      <h2>{voice.say("money.journal")}</h2>
      {view.journal.length === 0 && <p class="soft">{voice.say("money.journal.none")}</p>}
      <ul class="people">
        {view.journal.map((t) => (
          <li>
            <div class="row">
              <span class="amount">
                {voice.money(t.postings.reduce((sum, p) => (p.amount > 0n ? sum + p.amount : sum), 0n))}
              </span>
              <strong>{voice.say(`money.kind.${t.kind}`)}</strong>
              <span class="soft">{voice.day(t.day)}</span>
              <span class="soft small">
                {voice.say("money.seq")} {t.seq.toString()}
              </span>
            </div>
            <p class="soft small">
              {t.postings.map((p) => `${holdingName(p.account)} ${voice.money(p.amount)}`).join(" · ")}
              {t.undoes !== undefined &&
                ` · ${voice.say(`money.reason.${t.undoes.reason}`)} (${voice.say("money.seq")} ${t.undoes.seq.toString()})`}
            </p>
            {isUndoable(t.key) && t.undoneBy === undefined && (
              <details>
                <summary>{voice.say("money.undo")}</summary>
                <Act view={view} act="undo">
                  <input type="hidden" name="seq" value={t.seq.toString()} />
                  <label for={`reason-${t.seq}`}>{voice.say("money.reason")}</label>
                  <select id={`reason-${t.seq}`} name="reason">
                    {REASONS.slice(0, 4).map((reason) => (
                      <option value={reason}>{voice.say(`money.reason.${reason}`)}</option>
                    ))}
                  </select>
                  <p class="actions">
                    <button class="quiet">{voice.say("money.undo")}</button>
                  </p>
                </Act>
              </details>
            )}
          </li>
        ))}
      </ul>
      {last !== undefined && last.seq > 1n && (
        <p>
          <a
            class="button quiet"
            href={`${link(voice.language, `/${frame.slug}/desk/holdings`)}&before=${last.seq.toString()}`}
          >
            {voice.say("money.older")}
          </a>
        </p>
      )}
    </section>
  );
}
