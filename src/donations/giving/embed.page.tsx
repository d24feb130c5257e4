import type { JSX } from "preact";
import { page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { snippets, type GiveLinks } from "./give-links.js";
import { QrSvg } from "./qr.js";

/** For organizers with a page of their own: HTML to copy, and what it looks like. Without script a box is marked whole by one click. */
export function embedPage({ voice, fund, links }: { voice: Voice; fund: FundFrame; links: GiveLinks }): string {
  const text = voice.say("give.title", { name: fund.name });
  const html = snippets(links, text);
  return page(
    { language: voice.language, title: voice.say("give.embed.title", { name: fund.name }), fund },
    <>
      <h1 dir="auto">{voice.say("give.embed.title", { name: fund.name })}</h1>
      <p>{voice.say("give.embed.lead")}</p>
      <Sample title={voice.say("give.embed.button")} html={html.button}>
        <a class="button" href={links.path}>
          {text}
        </a>
      </Sample>
      <Sample title={voice.say("give.embed.link")} html={html.link}>
        <a href={links.path}>{text}</a>
      </Sample>
      <Sample title={voice.say("give.embed.card")} html={html.card}>
        <img
          class="card-sample"
          src={`/${fund.slug}/give/card.png?lang=${voice.language}`}
          alt={text}
          width="600"
          height="315"
        />
      </Sample>
      <Sample title={voice.say("give.embed.qr")} html={html.qr}>
        <QrSvg text={links.give} label={voice.say("give.poster.qr", { link: links.give })} />
      </Sample>
      <p class="soft small">{voice.say("give.embed.picture")}</p>
      <p class="soft small">{voice.say("give.embed.pinned", { version: fund.charterVersion })}</p>
    </>,
  );
}

function Sample({ title, html, children }: { title: string; html: string; children: JSX.Element }): JSX.Element {
  return (
    <section class="sample">
      <h2>{title}</h2>
      <p>{children}</p>
      <pre class="copy" tabIndex={0} aria-label={title}>
        {html}
      </pre>
    </section>
  );
}
