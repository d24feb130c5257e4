import type { JSX } from "preact";
import { EMPTY_FORM, fieldAttributes, FormErrors, Note, Wrong, type FormState } from "../../pages/fields.js";
import { link, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";

/** What a receipt offers once the gift is booked. */
export interface ReceiptExtras {
  /** The receipt's own path. */
  readonly path: string;
  /** Only where the server can send mail. */
  readonly mail: boolean;
  readonly mailed: boolean;
  /** Years in which something of it was booked. */
  readonly years: readonly string[];
  readonly form?: FormState;
}

export function ReceiptExtrasPart({
  voice,
  fund,
  extras,
}: {
  voice: Voice;
  fund: FundFrame;
  extras: ReceiptExtras;
}): JSX.Element {
  return (
    <>
      <p class="actions">
        <a class="button quiet" href={link(voice.language, `${extras.path}/print`)}>
          {voice.say("mail.print")}
        </a>
      </p>
      <ul class="take">
        {extras.years.map((year) => (
          <li>
            <a href={link(voice.language, `${extras.path}/year/${year}`)}>{voice.say("yearly.link", { year })}</a>
          </li>
        ))}
        <li>
          <a href={link(voice.language, `/${fund.slug}/receipts/year`)}>{voice.say("yearly.several")}</a>
        </li>
      </ul>
      {extras.mailed && <Note kind="good">{voice.say("mail.sent")}</Note>}
      {extras.mail && !extras.mailed && <MailForm voice={voice} extras={extras} />}
    </>
  );
}

function MailForm({ voice, extras }: { voice: Voice; extras: ReceiptExtras }): JSX.Element {
  const form = extras.form ?? EMPTY_FORM;
  return (
    <form method="post" action={link(voice.language, `${extras.path}/mail`)} class="card">
      <h2>{voice.say("mail.title")}</h2>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <div class="field">
        <label for="address">{voice.say("mail.address")}</label>
        <Wrong form={form} name="address" />
        <input
          {...fieldAttributes(form, "address")}
          type="email"
          autocomplete="email"
          maxLength={254}
          value={form.typed["address"]}
          required
        />
      </div>
      <p class="soft small">{voice.say("mail.kept")}</p>
      <button class="quiet">{voice.say("mail.button")}</button>
    </form>
  );
}
