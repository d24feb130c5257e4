import type { JSX } from "preact";
import { page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { Act } from "./status-changes.js";
import type { StatusView } from "./status-view.js";

/** Nothing is left to show. */
export function erasedPage(voice: Voice, fund: FundFrame): string {
  return page(
    { language: voice.language, title: voice.say("status.title"), fund, leave: true },
    <>
      <h1>{voice.say("status.title")}</h1>
      <p class="lead">{voice.say("status.erased")}</p>
    </>,
  );
}

/** For a request that has ended: all of it can go now, at the person's own word. */
export function EraseNow({ view }: { view: StatusView }): JSX.Element {
  const { voice } = view;
  return (
    <details>
      <summary>{voice.say("status.erase")}</summary>
      <p class="soft">{voice.say("status.erase.lead")}</p>
      <Act view={view} act="erase">
        <button class="quiet">{voice.say("status.erase.sure")}</button>
      </Act>
    </details>
  );
}
