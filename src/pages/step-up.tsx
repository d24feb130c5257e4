import type { JSX } from "preact";
import type { Refusal } from "../kernel/refusal.js";
import { RIPE_SECONDS } from "../platform/http/proof-of-work.service.js";
import type { StepUp } from "../platform/http/step-up-gate.js";
import { Note, type FormState } from "./fields.js";
import type { Voice } from "./words.js";

/** The script that does the work; only pages on which there is some have it. */
export const STEP_UP_SCRIPT = "step-up.page.js";

export interface StepUpView extends StepUp {
  /** The form was sent without what it needs: so many seconds until it may be sent again without script. */
  readonly askedToWait?: number;
  /** Send it as soon as the work is done: the person has pressed the button already. */
  readonly sendWhenDone: boolean;
}

/** Above the form that was sent back: nobody did anything wrong. */
export function StepUpNote({ voice, stepUp }: { voice: Voice; stepUp: StepUpView | undefined }): JSX.Element | null {
  return stepUp?.askedToWait === undefined ? null : <Note>{voice.say("proof.back")}</Note>;
}

/** In the form, before its button. What a browser without script is told stands there from the start; the script takes it away. */
export function StepUpFields({ voice, stepUp }: { voice: Voice; stepUp: StepUpView | undefined }): JSX.Element | null {
  if (stepUp === undefined) return null;
  return (
    <div
      id="step-up"
      data-challenge={JSON.stringify(stepUp.challenge)}
      data-send={stepUp.sendWhenDone ? "yes" : undefined}
    >
      <input type="hidden" name="proof" />
      <input type="hidden" name="ticket" value={stepUp.ticket} />
      <p class="note" id="step-up-wait">
        {voice.say("proof.wait", { seconds: stepUp.askedToWait ?? RIPE_SECONDS })}
      </p>
      <div id="step-up-work" class="work" hidden>
        <label for="step-up-bar" class="soft small" id="step-up-says" data-send={voice.say("proof.working.send")}>
          {voice.say(stepUp.sendWhenDone ? "proof.working.send" : "proof.working")}
        </label>
        <progress id="step-up-bar" max="100" value="0" />
      </div>
      <p id="step-up-done" class="soft small" role="status" data-done={voice.say("proof.done")} />
    </div>
  );
}

/** What the page says in a place of its own, and not as a fault above the form. */
const NOBODYS_FAULT = new Set(["proof-needed", "ticket-waits", "cards-paused", "cards-refused"]);

/** The form that comes back, without a fault where nobody made one. */
export function withoutFault(form: FormState | undefined, refusal: Refusal | undefined): FormState | undefined {
  return form && refusal && NOBODYS_FAULT.has(refusal.code) ? { ...form, wrong: {} } : form;
}

/** The proof or the ticket that a form brings along. */
export function shownIn(typed: Readonly<Record<string, string>>): { proof?: string; ticket?: string } {
  const { proof = "", ticket = "" } = typed;
  return { ...(proof === "" ? {} : { proof }), ...(ticket === "" ? {} : { ticket }) };
}

/** A form that came without proof goes by itself when the work is done; one whose proof was refused waits for the person, so that nothing goes round for ever. */
export function stepUpView(
  stepUp: StepUp,
  { refusal, form }: { readonly refusal?: Refusal; readonly form?: FormState },
): StepUpView {
  const asked = refusal?.code === "proof-needed" || refusal?.code === "ticket-waits";
  const seconds = refusal?.code === "ticket-waits" ? Number(refusal.options.values?.["seconds"]) : RIPE_SECONDS;
  return {
    ...stepUp,
    ...(asked ? { askedToWait: seconds } : {}),
    sendWhenDone: asked && (form?.typed["proof"] ?? "") === "",
  };
}
