import { EMPTY_FORM, FormErrors, type FormState } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { FoundRequest } from "../requests/found-requests.service.js";
import { FindForm, FoundItem } from "../requests/find-request.js";
import { BackToDesk, frameFor, Shell, You } from "../treasurers/desk-shell.js";
import type { TreasurerRow } from "../treasurers/treasurer.entity.js";

export interface TurnView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly today: string;
  /** What was looked for; null before. */
  readonly found: readonly FoundRequest[] | null;
  readonly form?: FormState;
}

/** Letting one request go before the line. Works without script; signing is on the page of decisions. */
export function outOfTurnPage(view: TurnView): string {
  const { voice, frame, found, form = EMPTY_FORM } = view;
  const action = link(voice.language, `/${frame.slug}/desk/turn`);
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("turn.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("turn.lead")}</p>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <FindForm voice={voice} action={action} form={form} today={view.today} title={voice.say("another.find")} />
      {found !== null &&
        (found.length === 0 ? (
          <p>{voice.say("turn.none")}</p>
        ) : (
          <ul class="people">
            {found.map((one) => (
              <FoundItem voice={voice} action={action} one={one} fields={{ act: "ask", request: one.requestId }}>
                {voice.say("line.pause.ask")}
              </FoundItem>
            ))}
          </ul>
        ))}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}
