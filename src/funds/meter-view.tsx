import type { JSX } from "preact";
import type { Voice } from "../pages/words.js";
import { filledPerMille, type Meter } from "./meter.js";

/** How things stand, as a sentence, and a bar for the eye. */
export function MeterView({ voice, meter }: { voice: Voice; meter: Meter }): JSX.Element {
  return (
    <section class="meter" aria-label={voice.say("give.meter.title")}>
      <p class="meter-say">{meterSentence(voice, meter)}</p>
      {meter.kind === "goal" && (
        <meter
          min={0}
          max={1000}
          value={filledPerMille(meter.given, meter.goal)}
          aria-label={voice.say("give.meter.title")}
        >
          {meterSentence(voice, meter)}
        </meter>
      )}
      <p class="soft small">{voice.say("give.meter.asof", { day: voice.day(meter.asOf) })}</p>
    </section>
  );
}

export function meterSentence(voice: Voice, meter: Meter): string {
  if (meter.kind === "need") return voice.say("give.meter.need", { waiting: meter.waiting });
  const values = { given: voice.money(meter.given), goal: voice.money(meter.goal) };
  return voice.say(meter.given >= meter.goal ? "give.meter.reached" : "give.meter.goal", values);
}
