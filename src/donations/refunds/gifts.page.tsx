import type { JSX } from "preact";
import { newToken } from "../../kernel/ids.js";
import { EMPTY_FORM, FormErrors, MoneyField, type FormState } from "../../pages/fields.js";
import { link, page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../../treasurers/desk-shell.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import { GIFTS_SHOWN_MAX, type CardGift } from "./card-gifts.service.js";
import type { PledgesStand } from "../pledges/pledges-end.service.js";
import { refundable } from "./refundable.js";

export interface GiftsView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly gifts: readonly CardGift[];
  /** The receipt's number that was looked for; null when these are the newest. */
  readonly number: string | null;
  readonly pledges: PledgesStand;
  readonly strike: boolean;
  readonly form?: FormState;
}

/** Gifts by card, and the way to give one back. */
export function giftsPage(view: GiftsView): string {
  const { voice, frame, form = EMPTY_FORM } = view;
  const action = link(voice.language, `/${frame.slug}/desk/gifts`);
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("refund.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("refund.lead")}</p>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <form method="get" action={`/${frame.slug}/desk/gifts`} class="row">
        <input type="hidden" name="lang" value={voice.language} />
        <div class="field">
          <label for="number">
            {voice.say("refund.number")} <small>({voice.say("refund.number.hint")})</small>
          </label>
          <input id="number" name="number" maxLength={20} autocomplete="off" value={view.number ?? ""} />
        </div>
        <button class="quiet">{voice.say("refund.find")}</button>
      </form>
      <h2>
        {view.number === null
          ? voice.say("refund.newest", { count: GIFTS_SHOWN_MAX })
          : voice.say("refund.found", { number: view.number })}
      </h2>
      {view.gifts.length === 0 ? (
        <p>{voice.say(view.number === null ? "refund.none" : "refund.unknown")}</p>
      ) : (
        <ul class="people">
          {view.gifts.map((gift) => (
            <Gift view={view} gift={gift} action={action} form={form} />
          ))}
        </ul>
      )}
      <Monthly view={view} action={action} />
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

/** All monthly gifts together: what they bring, and the way to end them. */
function Monthly({ view, action }: { view: GiftsView; action: string }): JSX.Element {
  const { voice, pledges } = view;
  const ended = pledges.endedDay !== null;
  return (
    <section id="monthly">
      <h2>{voice.say("pledges.title")}</h2>
      <p>
        {voice.say("pledges.running", { count: pledges.running, sum: voice.money(pledges.eachMonth) })}{" "}
        {ended &&
          voice.say(pledges.running > 0 ? "pledges.ending" : "pledges.ended", {
            day: voice.day(pledges.endedDay),
          })}
      </p>
      <form method="post" action={action}>
        <input type="hidden" name="key" value={newToken()} />
        <input type="hidden" name="act" value={ended ? "take-again" : "end-monthly"} />
        {!ended && <p class="soft">{voice.say(view.strike ? "pledges.lead.strike" : "pledges.lead")}</p>}
        <button class="quiet">{voice.say(ended ? "pledges.again" : "pledges.ask")}</button>
      </form>
    </section>
  );
}

function Gift({
  view,
  gift,
  action,
  form,
}: {
  view: GiftsView;
  gift: CardGift;
  action: string;
  form: FormState;
}): JSX.Element {
  const { voice } = view;
  const most = refundable(gift);
  const here = form.typed["charge"] === gift.charge;
  return (
    <li data-charge={gift.charge}>
      <div class="row">
        <span class="amount">{voice.money(gift.amount)}</span>
        <span>{voice.day(gift.day)}</span>
        <span class="soft">{gift.number}</span>
        {gift.monthly && <span class="tag">{voice.say("refund.monthly")}</span>}
        {gift.givenBack > 0n && (
          <span class="tag">{voice.say("refund.back", { amount: voice.money(gift.givenBack) })}</span>
        )}
        {gift.disputed > 0n && (
          <span class="tag">{voice.say("refund.disputed", { amount: voice.money(gift.disputed) })}</span>
        )}
        {gift.ordered > 0n && (
          <span class="tag">{voice.say("refund.ordered", { amount: voice.money(gift.ordered) })}</span>
        )}
      </div>
      {gift.refused !== null && (
        <p class="wrong">
          {voice.say(gift.refused === "key_may_not_refund" ? "refund.refused.key" : "refund.refused", {
            why: gift.refused,
          })}
        </p>
      )}
      {most > 0n && (
        <details open={here}>
          <summary>{voice.say("refund.open")}</summary>
          <form method="post" action={action}>
            <input type="hidden" name="key" value={newToken()} />
            <input type="hidden" name="donation" value={gift.donationId} />
            <input type="hidden" name="charge" value={gift.charge} />
            <MoneyField
              voice={voice}
              form={here ? form : EMPTY_FORM}
              id={gift.charge}
              name="amount"
              label={voice.say("refund.amount")}
              hint={voice.say("refund.amount.hint", { amount: voice.money(most) })}
            />
            <button class="quiet">{voice.say("refund.ask")}</button>
          </form>
        </details>
      )}
    </li>
  );
}
