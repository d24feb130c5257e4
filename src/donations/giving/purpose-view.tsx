import type { JSX } from "preact";
import type { Charter } from "../../funds/charter.js";
import { categoryName } from "../../funds/category-name.js";
import { link, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";

/** What a link says of its purpose: nothing; that it is today's; or that it was made for another version of the rules (null: for none that we know). */
export type PurposeState =
  | { readonly kind: "unsaid" }
  | { readonly kind: "pinned" }
  | { readonly kind: "changed"; readonly madeFor: number | null };

interface Props {
  readonly voice: Voice;
  readonly fund: FundFrame;
  readonly charter: Charter;
}

/** The purpose that a link is pinned to, in the charter's own words. */
export function PinnedPurpose({ voice, fund, charter }: Props): JSX.Element {
  return (
    <section class="card" aria-labelledby="purpose">
      <h2 id="purpose">{voice.say("give.pinned.title")}</h2>
      <p class="lead">
        <bdi>{fund.name}</bdi>
      </p>
      <dl class="facts">
        {charter.categories.length > 0 && (
          <div>
            <dt>{voice.say("give.pinned.kinds")}</dt>
            <dd>{charter.categories.map((c) => categoryName(voice, c)).join(", ")}</dd>
          </div>
        )}
        <div>
          <dt>{voice.say("charter.rule")}</dt>
          <dd>{voice.say(`charter.rule.${charter.rule}`)}</dd>
        </div>
      </dl>
      <p>
        <a href={link(voice.language, `/${fund.slug}/charter/${fund.charterVersion}`)}>
          {voice.say("give.pinned.rules", { version: fund.charterVersion })}
        </a>
      </p>
      <p class="soft small">{voice.say("give.pinned.about")}</p>
    </section>
  );
}

/** A link whose purpose is no longer today's gives nothing: both are shown, and the donor chooses. */
export function ChangedPurpose({
  voice,
  fund,
  madeFor,
  today,
}: {
  voice: Voice;
  fund: FundFrame;
  madeFor: number | null;
  today: string;
}): JSX.Element {
  const charter = (version: number): string => link(voice.language, `/${fund.slug}/charter/${version}`);
  return (
    <section class="card" aria-labelledby="purpose">
      <h2 id="purpose">{voice.say(madeFor === null ? "give.changed.unfit" : "give.changed.title")}</h2>
      <p>{voice.say(madeFor === null ? "give.changed.unknown" : "give.changed")}</p>
      <ul>
        {madeFor !== null && (
          <li>
            <a href={charter(madeFor)}>{voice.say("give.changed.then", { version: madeFor })}</a>
          </li>
        )}
        <li>
          <a href={charter(fund.charterVersion)}>{voice.say("give.changed.now", { version: fund.charterVersion })}</a>
        </li>
      </ul>
      <p class="actions">
        <a class="button" href={`${link(voice.language, `/${fund.slug}/give`)}&purpose=${today}`}>
          {voice.say("give.changed.button")}
        </a>
      </p>
    </section>
  );
}
