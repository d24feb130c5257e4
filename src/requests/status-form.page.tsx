import type { JSX } from "preact";
import { EMPTY_FORM, FormErrors, type FormState } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { CODE_SCRIPT } from "./code-card.js";

const CODE_CHARACTERS_MAX = 200;

/** The way in: seven words. What does not open is answered the same way, whatever was wrong with it; which word it may have been, the browser alone says. */
export function statusFormPage(voice: Voice, fund: FundFrame, form: FormState = EMPTY_FORM): string {
  return page(
    {
      language: voice.language,
      title: voice.say("status.title"),
      fund,
      here: "status",
      leave: true,
      script: CODE_SCRIPT,
    },
    <>
      <h1>{voice.say("status.title")}</h1>
      <form method="post" action={link(voice.language, `/${fund.slug}/status`)} class="card" autocomplete="off">
        <FormErrors form={form} sentence={voice.say("status.none")} />
        <CodeField voice={voice} form={form} />
        <p>
          <button class="big">{voice.say("status.open")}</button>
        </p>
      </form>
    </>,
  );
}

/** With script, words are completed as one types (`browser/code.page.ts`); the sentences for that travel in the page. */
function CodeField({ voice, form }: { voice: Voice; form: FormState }): JSX.Element {
  return (
    <div
      class="code-field"
      id="code-field"
      data-count={voice.say("code.count", { count: "{count}" })}
      data-whole={voice.say("code.whole")}
      data-near={voice.say("code.near", { typed: "{typed}", near: "{near}" })}
      data-or={voice.say("code.or")}
      data-unknown={voice.say("code.unknown", { typed: "{typed}" })}
      data-offers={voice.say("code.offers", { words: "{words}" })}
    >
      <label for="words">
        {voice.say("status.enter")} <small>({voice.say("status.enter.hint")})</small>
      </label>
      <textarea
        id="words"
        name="words"
        required
        maxLength={CODE_CHARACTERS_MAX}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        lang="en"
        dir="ltr"
      >
        {form.typed["words"]}
      </textarea>
      <ul id="code-offers" class="offers" role="listbox" aria-label={voice.say("code.list")} lang="en" hidden />
      <p id="code-says" class="small" role="status" />
    </div>
  );
}
