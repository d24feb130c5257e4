import type { ComponentChildren, JSX } from "preact";
import type { Charter } from "../funds/charter.js";
import { link } from "../pages/link.js";
import { page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { CODE_SCRIPT, CodeCard } from "./code-card.js";

/** The seven words, this once. Going on says "I have kept them", or that keeping them is not safe. */
export function askedPage(
  voice: Voice,
  fund: FundFrame,
  charter: Charter,
  claimCode: string | null,
  lookAgain: string,
  forSomeone = false,
): string {
  return page(
    { language: voice.language, title: voice.say("asked.title"), fund, leave: true, script: CODE_SCRIPT },
    <>
      <h1>{voice.say("asked.title")}</h1>
      {claimCode === null ? (
        <p class="lead">{voice.say("asked.nocode")}</p>
      ) : (
        <>
          <p>
            {voice.say("asked.words")} {voice.say("asked.lose")}
          </p>
          {forSomeone && (
            <p>
              <strong>{voice.say("asked.someone")}</strong>
            </p>
          )}
          <CodeCard voice={voice} slug={fund.slug} code={claimCode}>
            <p>
              <strong>{voice.say("asked.once")}</strong> {voice.say("asked.look", { day: voice.day(lookAgain) })}
            </p>
          </CodeCard>
          <WithWords voice={voice} slug={fund.slug} path="status" code={claimCode}>
            <button class="big">{voice.say("asked.kept")}</button>
          </WithWords>
          <details class="noprint">
            <summary>{voice.say("asked.unsafe")}</summary>
            <WithWords voice={voice} slug={fund.slug} path="status/no-code" code={claimCode}>
              <p>{voice.say("asked.unsafe.text")}</p>
              <button class="quiet">{voice.say("asked.unsafe.button")}</button>
            </WithWords>
          </details>
        </>
      )}
      <About voice={voice} fund={fund} charter={charter} />
    </>,
  );
}

/** After "No code" was chosen on the page that showed the words. */
export function noCodePage(voice: Voice, fund: FundFrame, charter: Charter): string {
  return page(
    { language: voice.language, title: voice.say("asked.title"), fund, leave: true },
    <>
      <h1>{voice.say("asked.title")}</h1>
      <p class="lead">{voice.say("asked.nocode")}</p>
      <About voice={voice} fund={fund} charter={charter} />
    </>,
  );
}

/** The words of somebody who helps, this once; `code` is the person's own, to go back with. */
export function helperCodePage(voice: Voice, fund: FundFrame, helperCode: string, code: string): string {
  return page(
    { language: voice.language, title: voice.say("helper.title"), fund, leave: true, script: CODE_SCRIPT },
    <>
      <h1>{voice.say("helper.title")}</h1>
      <p>{voice.say("helper.can")}</p>
      <CodeCard voice={voice} slug={fund.slug} code={helperCode}>
        <p>
          <strong>{voice.say("asked.once")}</strong>
        </p>
      </CodeCard>
      <WithWords voice={voice} slug={fund.slug} path="status" code={code}>
        <button class="big">{voice.say("helper.back")}</button>
      </WithWords>
    </>,
  );
}

/** The code travels in a hidden field of a POST, never in an address. */
export function WithWords({
  voice,
  slug,
  path,
  code,
  fields = {},
  data = {},
  children,
}: {
  voice: Voice;
  slug: string;
  path: "status" | "status/no-code" | "status/helper-code";
  code: string;
  fields?: Record<string, string>;
  /** For a script, where there is one. */
  data?: Record<string, string>;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <form method="post" action={link(voice.language, `/${slug}/${path}`)} autocomplete="off" {...data}>
      <input type="hidden" name="words" value={code} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  );
}

/** What the fund is, and when it meets: after asking, never as a condition. */
function About({ voice, fund, charter }: { voice: Voice; fund: FundFrame; charter: Charter }): JSX.Element {
  return (
    <p class="soft noprint">
      {voice.say("asked.about", { name: fund.name })}{" "}
      {charter.nextMeeting !== null && voice.say("status.meeting", { meeting: charter.nextMeeting })}
    </p>
  );
}
