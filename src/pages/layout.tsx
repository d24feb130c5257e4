import type { ComponentChildren, JSX } from "preact";
import { renderToString } from "preact-render-to-string";
import type { FastifyReply, FastifyRequest } from "fastify";
import { link } from "./link.js";
import { Mark } from "./mark.js";
import { directionOf, isWhole, languageOf, LANGUAGES, say, Voice, type Language } from "./words.js";

export { link };

/** What every page of a fund shows around its own content. */
export interface FundFrame {
  readonly slug: string;
  readonly name: string;
  readonly currency: string;
  readonly practice: boolean;
  readonly charterVersion: number;
}

export interface PageFrame {
  readonly language: Language;
  readonly title: string;
  readonly fund?: FundFrame;
  readonly here?: "give" | "ask" | "join" | "books" | "status" | "desk";
  readonly wide?: boolean;
  /** Only the desk, and taking a seat, have a script. */
  readonly script?: string | readonly string[];
  /** Look again by itself after this many seconds: works without script. */
  readonly refreshSeconds?: number;
  /** The pages on which somebody might have to get away show this instead of the doors. */
  readonly leave?: boolean;
  readonly practiceServer?: boolean;
  /** A page that people see on the way to asking: every language is offered. */
  readonly asking?: boolean;
  /** What a chat shows when somebody sends the address of this page. */
  readonly share?: Share;
  /** Part of the address that the other language keeps, like "purpose=…". */
  readonly keep?: string;
}

/** Absolute addresses: whoever reads them is no visitor of ours yet. The picture is 1200 by 630 (ogp.me). */
export interface Share {
  readonly url: string;
  readonly image: string;
  readonly description: string;
}

/** Where "Leave quickly" goes: a page that anybody might have open, and that is no third party's business. */
const ELSEWHERE = "https://www.wikipedia.org/";

export function page(frame: PageFrame, content: ComponentChildren): string {
  return `<!doctype html>${renderToString(<Layout frame={frame}>{content}</Layout>)}`;
}

function Layout({ frame, children }: { frame: PageFrame; children: ComponentChildren }): JSX.Element {
  const { language, fund } = frame;
  const t = (key: Parameters<typeof say>[1]): string => say(language, key);
  return (
    <html lang={language} dir={directionOf(language)}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        {frame.refreshSeconds !== undefined && <meta httpEquiv="refresh" content={String(frame.refreshSeconds)} />}
        <title>{fund && !frame.title.includes(fund.name) ? `${frame.title} · ${fund.name}` : frame.title}</title>
        <link rel="icon" href="/-/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/-/style.css" />
        {frame.share && <ShareTags frame={frame} share={frame.share} />}
        {frame.leave && <script type="module" src="/-/leave.page.js" />}
        {[frame.script ?? []].flat().map((script) => (
          <script type="module" src={`/-/${script}`} />
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          {t("nav.skip")}
        </a>
        {(fund?.practice ?? frame.practiceServer) && <div class="practice">{t("nav.practice")}</div>}
        <header class="top">
          <a class="brand" href={fund ? link(language, `/${fund.slug}`) : link(language, "/")}>
            <Mark />
            {fund ? fund.name : "Commonpot"}
          </a>
          {frame.leave && (
            <a class="leave" href={ELSEWHERE} rel="noreferrer">
              {t("ask.leave")}
            </a>
          )}
          {fund && <Doors frame={frame} fund={fund} />}
        </header>
        <main id="main" class={frame.wide ? "wide" : undefined}>
          {children}
        </main>
        <Footer frame={frame} />
      </body>
    </html>
  );
}

function ShareTags({ frame, share }: { frame: PageFrame; share: Share }): JSX.Element {
  return (
    <>
      <meta name="description" content={share.description} />
      <meta property="og:type" content="website" />
      <meta property="og:site_name" content="Commonpot" />
      <meta property="og:title" content={frame.title} />
      <meta property="og:description" content={share.description} />
      <meta property="og:url" content={share.url} />
      <meta property="og:image" content={share.image} />
      <meta property="og:image:type" content="image/png" />
      <meta property="og:image:width" content="1200" />
      <meta property="og:image:height" content="630" />
      <meta property="og:image:alt" content={frame.title} />
      <meta name="twitter:card" content="summary_large_image" />
    </>
  );
}

function Doors({ frame, fund }: { frame: PageFrame; fund: FundFrame }): JSX.Element {
  const doors = ["give", "ask", "join", "books"] as const;
  return (
    <nav aria-label={fund.name}>
      {doors.map((door) => (
        <a href={link(frame.language, `/${fund.slug}/${door}`)} aria-current={frame.here === door ? "page" : undefined}>
          {say(frame.language, `nav.${door}`)}
        </a>
      ))}
    </nav>
  );
}

function Footer({ frame }: { frame: PageFrame }): JSX.Element {
  const { language, fund } = frame;
  return (
    <footer>
      {(Object.keys(LANGUAGES) as Language[])
        .filter((other) => other !== language && (frame.leave === true || frame.asking === true || isWhole(other)))
        .map((other) => (
          <a href={`?lang=${other}${frame.keep === undefined ? "" : `&${frame.keep}`}`} lang={other} hreflang={other}>
            {say(other, "language.name")}
          </a>
        ))}
      {fund && (
        <>
          <a href={link(language, `/${fund.slug}/status`)}>{say(language, "nav.status")}</a>
          <a href={link(language, `/${fund.slug}/charter/${fund.charterVersion}`)}>{say(language, "footer.charter")}</a>
          <a href={link(language, `/${fund.slug}/desk`)}>{say(language, "nav.desk")}</a>
        </>
      )}
      <a href={link(language, "/")}>{say(language, "footer.commonpot")}</a>
    </footer>
  );
}

/** Only addresses of our own, or https: nothing that a stored text could turn into a script. */
export function safeHref(url: string): string | undefined {
  return /^(https:\/\/|\/(?!\/))/.test(url) ? url : undefined;
}

export function voiceFor(request: FastifyRequest, currency = "usd"): Voice {
  const { lang } = (request.query ?? {}) as { lang?: unknown };
  return new Voice(languageOf(lang, request.headers["accept-language"]), currency);
}

export function sendPage(reply: FastifyReply, html: string, status = 200): void {
  void reply.status(status).type("text/html; charset=utf-8").send(html);
}
