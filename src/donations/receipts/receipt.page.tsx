import type { JSX } from "preact";
import { Note, ProofFile } from "../../pages/fields.js";
import { link, page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { DonorName, type ShownName } from "../giving/donor-name.js";
import { ReceiptExtrasPart, type ReceiptExtras } from "./receipt-extras.page.js";
import type { Pledge, Receipt } from "./receipts.service.js";

export interface ReceiptView {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly receipt: Receipt;
  /** Where the file is that proves it. */
  readonly proofHref: string;
  /** The receipt's own address, and the name that the donor asked to be shown under. */
  readonly address: string;
  readonly shown: ShownName;
  /** Paper, letters, the year: left out where the page answers a change of the name. */
  readonly extras?: ReceiptExtras;
}

export function receiptPage(view: ReceiptView): string {
  const { voice, fund, receipt, shown, address } = view;
  // The page that holds a name that was just taken away does not go away by itself.
  const waiting = receipt.state === "waiting" && shown.state !== "removed";
  return page(
    { language: voice.language, title: voice.say("receipt.title"), fund, ...(waiting ? { refreshSeconds: 3 } : {}) },
    <>
      <h1>{voice.say("receipt.title")}</h1>
      {receipt.state === "booked" ? <Booked {...view} /> : <Unbooked voice={voice} receipt={receipt} />}
      <DonorName voice={voice} shown={shown} action={link(voice.language, `${address}/name`)} />
    </>,
  );
}

function Unbooked({ voice, receipt }: { voice: Voice; receipt: Receipt }): JSX.Element {
  return (
    <>
      <Note>{voice.say(receipt.state === "waiting" ? "receipt.waiting" : "receipt.unpaid")}</Note>
      {receipt.checkoutUrl !== null && (
        <p>
          <a class="button quiet" href={receipt.checkoutUrl}>
            {voice.say("receipt.again")}
          </a>
        </p>
      )}
    </>
  );
}

function Booked({ voice, fund, receipt, proofHref, extras, address }: ReceiptView): JSX.Element {
  return (
    <>
      <p class="lead">{voice.say("receipt.booked")}</p>
      <dl class="figures">
        {receipt.pledge !== null && (
          <>
            <Figure label={voice.say("pledge.each")} value={voice.money(receipt.pledge.each)} />
            <Figure label={voice.say("pledge.months")} value={String(receipt.pledge.months)} />
          </>
        )}
        <Figure
          label={voice.say(receipt.pledge === null ? "receipt.gift" : "pledge.given")}
          value={voice.money(receipt.amount)}
        />
        <Figure label={voice.say("receipt.fee")} value={voice.money(receipt.fee)} />
        <Figure label={voice.say("receipt.arrived")} value={voice.money(receipt.amount - receipt.fee)} />
        {receipt.refunded > 0n && (
          <Figure label={voice.say("receipt.refunded")} value={voice.money(receipt.refunded)} />
        )}
        {receipt.disputed > 0n && <Figure label={voice.say("yearly.dispute")} value={voice.money(receipt.disputed)} />}
      </dl>
      <p>
        {voice.say("receipt.day")}: {voice.day(receipt.day)}
        <br />
        {voice.say("yearly.receipt.number")}: <span class="notranslate">{receipt.number}</span>
      </p>
      {receipt.pledge !== null && <PledgePart voice={voice} pledge={receipt.pledge} address={address} />}
      <p>
        {receipt.place === null
          ? voice.say("receipt.unpublished")
          : voice.say("receipt.published", {
              count: receipt.place.count,
              index: receipt.place.index,
              day: voice.day(receipt.place.day),
            })}
      </p>
      {receipt.place !== null && (
        <ProofFile voice={voice} slug={fund.slug} href={proofHref} index={receipt.place.index} />
      )}
      <p class="soft">{voice.say("receipt.keep")}</p>
      {extras !== undefined && <ReceiptExtrasPart voice={voice} fund={fund} extras={extras} />}
    </>
  );
}

/** How a monthly gift goes on, and the door to where its donor changes the card or ends it: no account with us. */
function PledgePart({ voice, pledge, address }: { voice: Voice; pledge: Pledge; address: string }): JSX.Element {
  if (pledge.endedDay !== null)
    return (
      <Note>
        {voice.say(pledge.endedByFund ? "pledge.ended.fund" : "pledge.ended", { day: voice.day(pledge.endedDay) })}
      </Note>
    );
  return (
    <form method="post" action={link(voice.language, `${address}/portal`)} class="card">
      {pledge.renewalFailedDay === null ? (
        <p>{voice.say("pledge.goes-on")}</p>
      ) : (
        <p class="wrong">{voice.say("pledge.failed", { day: voice.day(pledge.renewalFailedDay) })}</p>
      )}
      <button class="quiet">{voice.say("pledge.portal")}</button>
      <p class="soft small">{voice.say("pledge.portal.where")}</p>
    </form>
  );
}

function Figure({ label, value }: { label: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
