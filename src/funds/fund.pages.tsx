import type { JSX } from "preact";
import { toHex } from "../kernel/ids.js";
import { Note } from "../pages/fields.js";
import { link, page, type FundFrame, type Share } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { Charter } from "./charter.js";
import { charterRows } from "./charter-rows.js";
import type { Fund } from "./funds.service.js";
import type { Meter } from "./meter.js";
import { MeterView } from "./meter-view.js";

/** The server's own page: the funds that live here. */
export function homePage(voice: Voice, funds: readonly Fund[], practiceServer: boolean): string {
  return page(
    { language: voice.language, title: "Commonpot", practiceServer },
    <>
      <h1>{voice.say("home.title")}</h1>
      <p class="lead">{voice.say("home.lead")}</p>
      <h2>{voice.say("home.funds")}</h2>
      {funds.length === 0 ? (
        <p>{voice.say("home.none")}</p>
      ) : (
        <ul class="doors">
          {funds.map((fund) => (
            <li>
              <a href={link(voice.language, `/${fund.slug}`)}>
                <strong>{fund.charter.name}</strong>
                <span class="soft">/{fund.slug}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>,
  );
}

/** What a fund's front shows beside its doors. */
export interface FundFront {
  readonly meter: Meter | null;
  readonly names: readonly string[];
  readonly share: Share;
}

/** A fund's front: three equal doors. */
export function fundPage(voice: Voice, frame: FundFrame, fund: Fund, { meter, names, share }: FundFront): string {
  const doors = ["give", "ask", "join"] as const;
  return page(
    { language: voice.language, title: frame.name, fund: frame, share },
    <>
      <h1 dir="auto">{frame.name}</h1>
      <p class="lead">{voice.say("fund.lead")}</p>
      {fund.state === "founding" && <Note>{voice.say("fund.founding")}</Note>}
      <ul class="doors">
        {doors.map((door) => (
          <li>
            <a href={link(voice.language, `/${frame.slug}/${door}`)}>
              <strong>{voice.say(`nav.${door}`)}</strong>
              <span>{voice.say(`fund.${door}`)}</span>
            </a>
          </li>
        ))}
      </ul>
      {meter && <MeterView voice={voice} meter={meter} />}
      <p class="actions">
        <a class="button quiet" href={link(voice.language, `/${frame.slug}/books`)}>
          {voice.say("fund.books")}
        </a>
        <a class="button quiet" href={link(voice.language, `/${frame.slug}/status`)}>
          {voice.say("fund.status")}
        </a>
      </p>
      {names.length > 0 && <Named voice={voice} names={names} />}
    </>,
  );
}

function Named({ voice, names }: { voice: Voice; names: readonly string[] }): JSX.Element {
  return (
    <section aria-labelledby="named">
      <h2 id="named">{voice.say("give.named.title")}</h2>
      <p class="soft small">{voice.say("give.named.about")}</p>
      <ul class="names">
        {names.map((name) => (
          <li>
            <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One version of the rules, in plain words. */
export function charterPage(
  voice: Voice,
  frame: FundFrame,
  version: {
    version: number;
    day: string;
    hash: Buffer;
    charter: Charter;
    /** Decided, and not in force yet. */
    coming: { readonly says: string; readonly from: string } | null;
  },
): string {
  return page(
    { language: voice.language, title: voice.say("charter.title", { name: frame.name }), fund: frame },
    <>
      <h1>{voice.say("charter.title", { name: frame.name })}</h1>
      <p>{voice.say("charter.version", { version: version.version, day: voice.day(version.day) })}</p>
      {version.coming !== null && (
        <section class="card" id="coming">
          <h2>{voice.say("change.waits")}</h2>
          <p class="lead">{version.coming.says}</p>
          <p>{voice.say("charter.coming", { day: version.coming.from, quorum: version.charter.quorum })}</p>
        </section>
      )}
      <Rules rows={charterRows(voice, version.charter)} />
      <p class="soft small">
        {voice.say("charter.hash")}: <code>{toHex(version.hash)}</code>
      </p>
    </>,
  );
}

function Rules({ rows }: { rows: readonly (readonly [string, string])[] }): JSX.Element {
  return (
    <table>
      <tbody>
        {rows.map(([name, value]) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
