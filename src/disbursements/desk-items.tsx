import type { ComponentChildren, JSX } from "preact";
import type { Charter } from "../funds/charter.js";
import { categoryName } from "../funds/category-name.js";
import type { FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { RAILS } from "../requests/aid-request.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";
import type { Desk, DeskItem } from "./desk.service.js";

export interface DeskView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly charter: Charter;
  readonly treasurer: TreasurerRow;
  readonly desk: Desk;
  readonly link: string;
}

export function Item({
  view,
  item,
  children,
}: {
  view: DeskView;
  item: DeskItem;
  children?: ComponentChildren;
}): JSX.Element {
  const { voice, charter } = view;
  return (
    <li data-disbursement={item.disbursementId} data-amount={String(item.amount)} data-category={item.category}>
      <div class="row">
        <span class="amount">{voice.money(item.amount)}</span>
        <span>{categoryName(voice, item.category)}</span>
        <span class="soft">
          {voice.say("desk.day")} {voice.day(item.askedDay)}
        </span>
        {item.redirected && item.sent === null && <span class="tag">{voice.say("desk.redirected")}</span>}
        {item.part && item.sent === null && <span class="tag">{voice.say("desk.part")}</span>}
        {item.neededBy !== null && (
          <span class="tag">{voice.say("desk.needed", { day: voice.day(item.neededBy) })}</span>
        )}
        {item.sent === null && (
          <span class="soft">{voice.say("desk.signed", { have: item.signatures, need: charter.quorum })}</span>
        )}
      </div>
      {children}
    </li>
  );
}

/** Signed by the quorum: to be taken by one treasurer, or being paid. */
export function ToSend({ view, item }: { view: DeskView; item: DeskItem }): JSX.Element {
  const { voice } = view;
  if (item.payer !== null && !item.payer.me) {
    return (
      <Item view={view} item={item}>
        <p class="soft">{voice.say("desk.paying", { name: item.payer.name })}</p>
      </Item>
    );
  }
  return (
    <Item view={view} item={item}>
      {item.payer === null ? (
        <p class="actions">
          <button data-act="take">{voice.say("desk.take")}</button>
        </p>
      ) : (
        <Paying view={view} item={item} />
      )}
    </Item>
  );
}

function Paying({ view, item }: { view: DeskView; item: DeskItem }): JSX.Element {
  const { voice, desk } = view;
  const id = item.disbursementId;
  return (
    <>
      <p class="actions">
        <button data-act="open">{voice.say("desk.open")}</button>
        <button class="quiet" data-act="take">
          {voice.say("desk.renew")}
        </button>
        <button class="quiet" data-act="pass-on">
          {voice.say("desk.giveback")}
        </button>
      </p>
      <p class="sealed" data-sealed hidden aria-live="polite" />
      <p class="good small" data-checked={voice.say("desk.checked", { n: "{n}" })} hidden />
      <p class="small">{voice.say("desk.private")}</p>
      <form data-act="sent">
        <label for={`rail-${id}`}>{voice.say("desk.how")}</label>
        <select id={`rail-${id}`} name="rail" required>
          <option value="" />
          {RAILS.map((rail) => (
            <option value={rail}>{voice.say(`ask.rail.${rail}`)}</option>
          ))}
        </select>
        <div class="field">
          <label for={`holding-${id}`}>{voice.say("desk.from")}</label>
          <select id={`holding-${id}`} name="holding">
            {desk.holdings.map((holding) => (
              <option value={holding.code} selected={holding.code === "assets:bank"}>
                {`${holding.code.replace("assets:", "")} (${voice.money(holding.balance)})`}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for={`reference-${id}`}>
            {voice.say("desk.reference")} <small>({voice.say("desk.reference.hint")})</small>
          </label>
          <input id={`reference-${id}`} name="reference" maxLength={100} autocomplete="off" />
        </div>
        <button>{voice.say("desk.sent", { amount: voice.money(item.amount) })}</button>
      </form>
    </>
  );
}
