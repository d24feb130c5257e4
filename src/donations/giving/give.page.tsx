import type { JSX } from "preact";
import type { Meter } from "../../funds/meter.js";
import { MeterView } from "../../funds/meter-view.js";
import { Note } from "../../pages/fields.js";
import { link, page, type FundFrame, type Share } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { GiveForm, type GiveFormView } from "./give-form.js";
import { ChangedPurpose, PinnedPurpose } from "./purpose-view.js";
import { CardsRest, type CardsRestView } from "../limits/cards-rest.page.js";
import { STEP_UP_SCRIPT } from "../../pages/step-up.js";

export interface GiveView extends GiveFormView {
  readonly share: Share;
  readonly meter: Meter | null;
  readonly open: boolean;
  readonly cards: boolean;
  readonly cancelled: boolean;
  /** Card gifts rest just now. */
  readonly rest?: CardsRestView;
}

export function givePage(view: GiveView): string {
  const { voice, fund, purpose } = view;
  const title = voice.say("give.title", { name: fund.name });
  const keep = purpose.kind === "pinned" ? { keep: `purpose=${view.today}` } : {};
  return page(
    {
      language: voice.language,
      title,
      fund,
      here: "give",
      share: view.share,
      ...keep,
      ...(view.stepUp ? { script: STEP_UP_SCRIPT } : {}),
    },
    <>
      <h1 dir="auto">{title}</h1>
      <p>{voice.say("give.intro")}</p>
      {view.meter && <MeterView voice={voice} meter={view.meter} />}
      {view.cancelled && <Note>{voice.say("give.cancelled")}</Note>}
      {purpose.kind === "pinned" && <PinnedPurpose voice={voice} fund={fund} charter={view.charter} />}
      <GiveNow view={view} />
      <PassItOn voice={voice} fund={fund} />
    </>,
  );
}

function GiveNow({ view }: { view: GiveView }): JSX.Element {
  const { voice, fund, purpose } = view;
  if (purpose.kind === "changed")
    return <ChangedPurpose voice={voice} fund={fund} madeFor={purpose.madeFor} today={view.today} />;
  if (!view.open) return <Note>{voice.say("give.closed")}</Note>;
  if (!view.cards) return <Note>{voice.say("give.cards-off")}</Note>;
  if (view.rest === undefined) return <GiveForm view={view} />;
  return (
    <CardsRest voice={voice} rest={view.rest}>
      {view.form && <GiveForm view={view} />}
    </CardsRest>
  );
}

function PassItOn({ voice, fund }: { voice: Voice; fund: FundFrame }): JSX.Element {
  return (
    <>
      <h2>{voice.say("give.pass.title")}</h2>
      <p class="actions">
        <a class="button quiet" href={link(voice.language, `/${fund.slug}/give/poster`)}>
          {voice.say("give.pass.poster")}
        </a>
        <a class="button quiet" href={link(voice.language, `/${fund.slug}/give/embed`)}>
          {voice.say("give.pass.embed")}
        </a>
      </p>
    </>
  );
}
