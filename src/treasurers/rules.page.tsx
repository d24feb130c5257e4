import type { JSX } from "preact";
import { EMPTY_FORM, FormErrors } from "../pages/fields.js";
import { page } from "../pages/layout.js";
import { BackToDesk, frameFor, Shell, You } from "./desk-shell.js";
import { RulesForm } from "./rules-form.js";
import { Seats } from "./rules-seats.js";
import { Act, type RulesView } from "./rules-view.js";

/** The rules and the seats of a fund that is open: how they change, and what is about to. Works without script; signing is on the page of decisions. */
export function rulesPage(view: RulesView): string {
  const { voice, frame, form = EMPTY_FORM } = view;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("change.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("change.lead", { needed: view.needed })}</p>
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      {view.waiting !== null && <Waits view={view} waiting={view.waiting} />}
      <Seats view={view} />
      {view.waiting === null && <RulesForm view={view} form={form} />}
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

function Waits({ view, waiting }: { view: RulesView; waiting: NonNullable<RulesView["waiting"]> }): JSX.Element {
  const { voice } = view;
  return (
    <section class="card">
      <h2>{voice.say("change.waits")}</h2>
      <p class="lead">{waiting.says}</p>
      <p>{voice.say("change.waits.from", { day: waiting.from, days: waiting.days })}</p>
      <Act view={view} act="stop">
        <button class="quiet">{voice.say("change.stop")}</button>
      </Act>
      <p class="soft small">{voice.say("change.stop.how")}</p>
    </section>
  );
}
