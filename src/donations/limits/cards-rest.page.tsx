import type { ComponentChildren, JSX } from "preact";
import { Note } from "../../pages/fields.js";
import type { Voice } from "../../pages/words.js";
import type { Rest } from "./admission.service.js";

export interface CardsRestView extends Rest {
  readonly timeZone: string;
}

/** Card gifts rest: why, until when, and what works meanwhile. The form stays only where somebody has filled it in. */
export function CardsRest({
  voice,
  rest,
  children,
}: {
  voice: Voice;
  rest: CardsRestView;
  children: ComponentChildren;
}): JSX.Element {
  const time = rest.until === null ? null : voice.time(rest.until, rest.timeZone);
  return (
    <>
      <Note>{time === null ? voice.say("pause.refused") : voice.say("pause.until", { time })}</Note>
      <p>{voice.say("pause.meanwhile")}</p>
      {children}
      {children !== undefined && (
        <p class="soft small">{time === null ? voice.say("pause.kept") : voice.say("pause.kept.until", { time })}</p>
      )}
    </>
  );
}
