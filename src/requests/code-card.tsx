import type { ComponentChildren, JSX } from "preact";
import { link } from "../pages/link.js";
import type { Voice } from "../pages/words.js";

/** The small script of the pages with seven words; each of them works without. */
export const CODE_SCRIPT = "code.page.js";

/** Seven words, this once: to write down, to print, or to save as a picture. What is printed and drawn does not say what they are for. */
export function CodeCard({
  voice,
  slug,
  code,
  children,
}: {
  voice: Voice;
  slug: string;
  code: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <>
      <ol class="words seven notranslate" lang="en" dir="ltr">
        {code.split(" ").map((word, i) => (
          <li>
            {i > 0 && " "}
            {word}
          </li>
        ))}
      </ol>
      {children}
      <details class="keep noprint">
        <summary>{voice.say("code.keep")}</summary>
        <p>
          {voice.say("code.print.how")}
          <button type="button" class="quiet" data-print hidden>
            {voice.say("code.print")}
          </button>
        </p>
        <form method="post" action={link(voice.language, `/${slug}/status/card`)}>
          <input type="hidden" name="words" value={code} />
          <p>{voice.say("code.save.hint")}</p>
          <label class="tick">
            <input type="checkbox" name="address" />
            <span>{voice.say("code.save.address")}</span>
          </label>
          <button class="quiet">{voice.say("code.save")}</button>
        </form>
      </details>
    </>
  );
}
