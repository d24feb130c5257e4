import type { JSX } from "preact";
import { page, type FundFrame } from "../../pages/layout.js";
import { Mark } from "../../pages/mark.js";
import { isWhole, LANGUAGES, say, type Language, type Voice } from "../../pages/words.js";
import { spoken, type GiveLinks } from "./give-links.js";
import { QrSvg } from "./qr.js";

/** One sheet of paper in every language that we speak, the reader's first. */
export function posterPage({ voice, fund, links }: { voice: Voice; fund: FundFrame; links: GiveLinks }): string {
  const all = (Object.keys(LANGUAGES) as Language[]).filter(isWhole);
  const languages = [voice.language, ...all.filter((other) => other !== voice.language)];
  const each = (show: (language: Language) => string, apart = " · "): JSX.Element[] =>
    languages.map((language, i) => (
      <>
        {i > 0 && <span aria-hidden="true">{apart}</span>}
        <span lang={language}>{show(language)}</span>
      </>
    ));
  return page(
    { language: voice.language, title: voice.say("give.poster.title", { name: fund.name }), fund },
    <>
      <p class="screen-only">{voice.say("give.poster.how")}</p>
      <article class="poster">
        {fund.practice && <p class="poster-practice">{each((l) => say(l, "give.poster.practice"))}</p>}
        <p class="poster-mark">
          <Mark />
        </p>
        <h1 dir="auto" class={nameClass(fund.name)}>
          {fund.name}
        </h1>
        {languages.map((language) => (
          <p class="poster-lead" lang={language}>
            {say(language, "give.poster.lead")}
          </p>
        ))}
        <p class="poster-big">{each((l) => say(l, "give.poster.big"))}</p>
        <QrSvg text={links.give} label={voice.say("give.poster.qr", { link: links.give })} />
        {languages.map((language) => (
          <p class="poster-scan" lang={language}>
            {say(language, "give.poster.scan")}
          </p>
        ))}
        <p class="poster-link">{spoken(links.give)}</p>
        <div class="poster-ask">
          {languages.map((language) => (
            <p lang={language}>
              <strong>{say(language, "give.poster.need")}</strong> {say(language, "give.poster.ask")}
            </p>
          ))}
          <p class="poster-link">{spoken(links.ask)}</p>
        </div>
      </article>
    </>,
  );
}

/** The longer a name, the smaller its letters, so that 60 of them stay on the sheet. */
function nameClass(name: string): string {
  const letters = Array.from(name).length;
  return letters <= 18 ? "poster-name" : letters <= 36 ? "poster-name longer" : "poster-name longest";
}
