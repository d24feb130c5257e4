import type { JSX } from "preact";
import type { Charter } from "../funds/charter.js";
import { categoryName } from "../funds/category-name.js";
import { page, type FundFrame } from "../pages/layout.js";
import type { MessageKey } from "../pages/languages/en.js";
import type { Voice } from "../pages/words.js";
import { RAILS } from "./aid-request.js";
import { PAYEES } from "./details.js";

/** The same fields as the form, on one sheet to print: whoever helps types them in, and hands back the seven words. */
export function paperPage({ voice, fund, charter }: { voice: Voice; fund: FundFrame; charter: Charter }): string {
  const say = voice.say;
  return page(
    { language: voice.language, title: say("paper.title", { name: fund.name }), fund, here: "ask", leave: true },
    <article class="paper">
      <p class="screen-only">{say("paper.print")}</p>
      <h1>{say("paper.title", { name: fund.name })}</h1>
      <p>{say("paper.lead")}</p>
      <p class="soft small">{say("paper.empty")}</p>
      <Line
        voice={voice}
        label="ask.amount"
        hint={say("ask.amount.hint", { cap: voice.money(charter.capPerRequest) })}
      />
      <Boxes title={say("ask.rail")} boxes={RAILS.map((rail) => say(`ask.rail.${rail}`))} />
      <Line voice={voice} label="ask.to" wide />
      <Boxes title={say("ask.payee")} boxes={PAYEES.map((payee) => say(`ask.payee.${payee}`))} />
      <Boxes
        title={say("ask.category")}
        boxes={[...charter.categories, "other"].map((category) => categoryName(voice, category))}
      />
      <Line voice={voice} label="ask.needed" />
      <Line voice={voice} label="ask.parts" wide />
      <h2>{say("ask.held")}</h2>
      <Line voice={voice} label="ask.held.name" />
      <Line voice={voice} label="ask.held.number" />
      <Line voice={voice} label="ask.held.place" />
      <h2>{say("ask.contact")}</h2>
      <Line voice={voice} label="ask.contact.at" />
      <Line voice={voice} label="ask.contact.hours" />
      <Line voice={voice} label="ask.contact.say" />
      <Boxes boxes={[say("ask.contact.message"), say("ask.contact.shared")]} />
      {charter.words && <Line voice={voice} label="ask.words" wide />}
      {charter.rule === "never-helped-first" && <Boxes boxes={[say("ask.first")]} />}
      <Boxes boxes={[say("ask.nocode")]} />
      <p class="paper-cut">
        {say("paper.cut")}: <span class="rule" />
      </p>
    </article>,
  );
}

function Line({
  voice,
  label,
  hint,
  wide,
}: {
  voice: Voice;
  label: MessageKey;
  hint?: string;
  wide?: boolean;
}): JSX.Element {
  return (
    <p class={wide ? "paper-line wide" : "paper-line"}>
      <span>
        {voice.say(label)} {hint !== undefined && <small>({hint})</small>}
      </span>
      <span class="rule" />
    </p>
  );
}

function Boxes({ title, boxes }: { title?: string; boxes: readonly string[] }): JSX.Element {
  return (
    <div class="paper-boxes">
      {title !== undefined && <strong>{title}</strong>}
      {boxes.map((box) => (
        <span>
          <span aria-hidden="true">☐</span> {box}
        </span>
      ))}
    </div>
  );
}
