import { purposeOf } from "../../funds/purpose.js";
import type { Fund } from "../../funds/funds.service.js";

/** The addresses that are passed on: absolute, without a language, so that each reader gets their own. */
export interface GiveLinks {
  /** Pinned to a purpose. */
  readonly give: string;
  /** The same without the origin, for our own pages. */
  readonly path: string;
  readonly ask: string;
  readonly qr: string;
  readonly card: string;
}

export function giveLinks(origin: string, fund: Fund, purpose = purposeOf(fund.charter)): GiveLinks {
  const address = `${origin}/${fund.slug}`;
  return {
    give: `${address}/give?purpose=${purpose}`,
    path: `/${fund.slug}/give?purpose=${purpose}`,
    ask: `${address}/ask`,
    qr: `${address}/give/qr.svg?purpose=${purpose}`,
    card: `${address}/give/card.png`,
  };
}

/** A link as people read it from paper: the scheme is what every browser adds by itself. */
export function spoken(url: string): string {
  return url.replace(/^https?:\/\//, "");
}

/** Text as it stands in HTML, inside an element or between double quotes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

export interface Snippets {
  readonly button: string;
  readonly link: string;
  readonly card: string;
  readonly qr: string;
}

/** HTML for somebody else's page. The style is in place: nothing is fetched for a button, and it looks the same anywhere. */
export function snippets(links: GiveLinks, text: string): Snippets {
  const href = escapeHtml(links.give);
  const label = escapeHtml(text);
  const style =
    "display:inline-block;padding:.7em 1.3em;border-radius:.7em;background:#a6402a;color:#fff8f3;font:700 1em/1.4 system-ui,sans-serif;text-decoration:none";
  return {
    button: `<a href="${href}" style="${style}">${label}</a>`,
    link: `<a href="${href}">${label}</a>`,
    card: `<a href="${href}"><img src="${escapeHtml(links.card)}" alt="${label}" width="600" height="315"></a>`,
    qr: `<a href="${href}"><img src="${escapeHtml(links.qr)}" alt="${label}" width="200" height="200"></a>`,
  };
}
