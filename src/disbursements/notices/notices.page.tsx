import { newToken } from "../../kernel/ids.js";
import { fieldAttributes, FormErrors, Note, Wrong, type FormState } from "../../pages/fields.js";
import { link, page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../../treasurers/desk-shell.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import type { Notice } from "./notices.service.js";

export interface NoticesView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  /** The server sends mail at all. */
  readonly on: boolean;
  readonly notice: Notice | null;
  readonly form: FormState;
}

export function noticesPage(view: NoticesView): string {
  const { voice, frame, form, notice } = view;
  const action = link(voice.language, `/${frame.slug}/desk/notices`);
  const typed = form.typed["address"] ?? notice?.address;
  const nights = form.typed["act"] === "keep" ? form.typed["nights"] !== undefined : notice?.nights;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("notices.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      {notice !== null && <Note kind="good">{voice.say("notices.on", { address: notice.address })}</Note>}
      <p class="soft">{voice.say("notices.lead")}</p>
      {view.on ? (
        <form method="post" action={action} class="card">
          <input type="hidden" name="key" value={newToken()} />
          <input type="hidden" name="act" value="keep" />
          <div class="field">
            <label for="address">{voice.say("mail.address")}</label>
            <Wrong form={form} name="address" />
            <input
              type="email"
              {...fieldAttributes(form, "address")}
              value={typed}
              autocomplete="email"
              maxLength={254}
              required
            />
          </div>
          <p>
            <label class="tick">
              <input type="checkbox" name="nights" checked={nights} /> {voice.say("notices.nights")}
            </label>
          </p>
          <button>{voice.say("notices.keep")}</button>
        </form>
      ) : (
        <p>{voice.say("problem.mail-off")}</p>
      )}
      {notice !== null && (
        <form method="post" action={action}>
          <input type="hidden" name="key" value={newToken()} />
          <input type="hidden" name="act" value="stop" />
          <p>
            <button class="quiet">{voice.say("notices.stop")}</button>
          </p>
        </form>
      )}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}
