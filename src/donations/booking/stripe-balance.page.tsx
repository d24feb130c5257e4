import type { JSX } from "preact";
import { Note } from "../../pages/fields.js";
import { page, type FundFrame } from "../../pages/layout.js";
import type { MessageKey } from "../../pages/languages/en.js";
import type { Voice } from "../../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../../treasurers/desk-shell.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import type { BalanceRead, Split, Unmatched } from "./stripe-balance.service.js";

export interface BalanceView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly timeZone: string;
  readonly treasurer: TreasurerRow;
  readonly cards: boolean;
  readonly read: BalanceRead | null;
  readonly unmatched: readonly Unmatched[];
}

/** Stripe's balance beside the books: whether they agree, and where they begin to differ. */
export function stripeBalancePage(view: BalanceView): string {
  const { voice, frame, read } = view;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("stripe.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      {read === null ? (
        <Note>{voice.say(view.cards ? "stripe.never" : "stripe.off")}</Note>
      ) : (
        <Read view={view} read={read} />
      )}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

function Read({ view, read }: { view: BalanceView; read: BalanceRead }): JSX.Element {
  const { voice, unmatched } = view;
  const difference = less(less(read.stripe, read.books), read.notOurs);
  const agrees = difference.available === 0n && difference.pending === 0n;
  const apart = difference.available + difference.pending;
  const first = unmatched[0];
  const sides: [MessageKey, Split][] = [
    ["stripe.stripe", read.stripe],
    [read.shared ? "stripe.books.shared" : "stripe.books", read.books],
    ["stripe.notours", read.notOurs],
    ["stripe.difference", difference],
  ];
  return (
    <>
      {agrees ? (
        <Note kind="good">{voice.say("stripe.agrees")}</Note>
      ) : (
        <Note>
          {voice.say("stripe.differs", { amount: voice.money(apart === 0n ? difference.available : apart) })}{" "}
          {first !== undefined && voice.say("stripe.starts", { day: voice.day(first.day) })}
        </Note>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label={voice.say("stripe.title")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{voice.say("stripe.side")}</th>
              <th scope="col">{voice.say("stripe.available")}</th>
              <th scope="col">{voice.say("stripe.pending")}</th>
            </tr>
          </thead>
          <tbody>
            {sides.map(([key, split]) => (
              <tr>
                <th scope="row">{voice.say(key)}</th>
                <td class="number">{voice.money(split.available)}</td>
                <td class="number">{voice.money(split.pending)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft small">
        {voice.say("stripe.read", {
          when: `${voice.day(read.readAt.toISOString().slice(0, 10))}, ${voice.time(read.readAt, view.timeZone)}`,
        })}
      </p>
      {unmatched.length > 0 && (
        <section>
          <h2>{voice.say("stripe.unmatched")}</h2>
          <ul class="people">
            {unmatched.map((one) => (
              <li>
                <div class="row">
                  {one.amount !== null && <span class="amount">{voice.money(one.amount)}</span>}
                  <span>{voice.day(one.day)}</span>
                  <span class="soft notranslate">{one.line ?? voice.say("stripe.another")}</span>
                  <span class="tag">{voice.say(`stripe.why.${one.why}`)}</span>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

const less = (a: Split, b: Split): Split => ({ available: a.available - b.available, pending: a.pending - b.pending });
