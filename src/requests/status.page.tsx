import type { ComponentChildren, JSX } from "preact";
import { addDays } from "../kernel/clock.js";
import { newToken } from "../kernel/ids.js";
import type { Fund } from "../funds/funds.service.js";
import { EMPTY_FORM, FormErrors, MoneyField, Note, type FormState } from "../pages/fields.js";
import { link, page, type FundFrame } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import type { AidRequestRow } from "./aid-request.entity.js";
import { isChangeable, WORDS_CHARACTERS_MAX } from "./aid-request.js";
import { Onward, PayToFields } from "./ask.page.js";
import type { Standing } from "./claims.service.js";

export function statusFormPage(voice: Voice, fund: FundFrame, form: FormState = EMPTY_FORM): string {
  return page(
    { language: voice.language, title: voice.say("status.title"), fund, here: "status", leave: true },
    <>
      <h1>{voice.say("status.title")}</h1>
      <form method="post" action={link(voice.language, `/${fund.slug}/status`)} class="card" autocomplete="off">
        <FormErrors form={form} sentence={voice.say("status.none")} />
        <label for="words">
          {voice.say("status.enter")} <small>({voice.say("status.enter.hint")})</small>
        </label>
        <textarea
          id="words"
          name="words"
          required
          maxLength={200}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          lang="en"
        >
          {form.typed["words"]}
        </textarea>
        <p>
          <button class="big">{voice.say("status.open")}</button>
        </p>
      </form>
    </>,
  );
}

export interface StatusView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly fund: Fund;
  readonly code: string;
  readonly request: AidRequestRow;
  readonly standing: Standing;
  readonly changed?: boolean;
  readonly form?: FormState;
}

/** Never the amount, the kind of help and a name together: here stand amount and day alone. */
export function statusPage(view: StatusView): string {
  const { voice, request, frame } = view;
  return page(
    { language: voice.language, title: voice.say("status.title"), fund: frame, leave: true },
    <>
      <h1>{voice.say("status.title")}</h1>
      {view.changed && <Note kind="good">{voice.say("status.changed")}</Note>}
      <FormErrors form={view.form ?? EMPTY_FORM} sentence={voice.say("problem.invalid")} />
      <p class="soft">
        {voice.say("status.asked", { amount: voice.money(request.amount), day: voice.day(request.day) })}
      </p>
      {request.state !== "withdrawn" && <Steps voice={voice} request={request} />}
      <News view={view} />
      <Messages voice={voice} standing={view.standing} />
      {request.state !== "withdrawn" && <Tell view={view} />}
      {isChangeable(request.state) && <Changes view={view} />}
    </>,
  );
}

function Steps({ voice, request }: { voice: Voice; request: AidRequestRow }): JSX.Element {
  const reached =
    request.outcome === "received"
      ? 3
      : request.state === "paid"
        ? 2
        : request.state === "waiting" || request.state === "aside"
          ? 0
          : 1;
  return (
    <ol class="steps">
      {(["waiting", "chosen", "paid", "confirmed"] as const).map((step, i) => (
        <li class={i <= reached ? "on" : undefined} aria-current={i === reached ? "step" : undefined}>
          {voice.say(`status.step.${step}`)}
        </li>
      ))}
    </ol>
  );
}

function News({ view }: { view: StatusView }): JSX.Element {
  const { voice, request, standing, fund } = view;
  switch (request.state) {
    case "waiting":
      return (
        <>
          {standing.askingPausedUntil !== undefined && (
            <Note>{voice.say("status.paused", { day: voice.day(standing.askingPausedUntil) })}</Note>
          )}
          {standing.state === "fund empty" && <Note>{voice.say("status.empty")}</Note>}
          {standing.place && (
            <p class="lead">
              {voice.say("status.waiting", { from: voice.day(standing.place.from), to: voice.day(standing.place.to) })}
            </p>
          )}
          <Onward voice={voice} charter={fund.charter} />
        </>
      );
    case "chosen":
      return <p class="lead">{voice.say("status.chosen", { quorum: fund.charter.quorum })}</p>;
    case "approved":
    case "sending":
      return <p class="lead">{voice.say("status.approved")}</p>;
    case "paid":
      return <Paid view={view} />;
    case "withdrawn":
      return <p class="lead">{voice.say("status.withdrawn")}</p>;
    case "aside":
      return (
        <>
          <p class="lead">{voice.say("status.aside")}</p>
          <Act view={view} act="here">
            <button class="big">{voice.say("status.aside.here")}</button>
          </Act>
        </>
      );
  }
}

function Paid({ view }: { view: StatusView }): JSX.Element {
  const { voice, request, fund } = view;
  const erased = request.sentDay === null ? request.day : addDays(request.sentDay, fund.charter.retentionDays);
  return (
    <>
      <p class="lead">
        {voice.say("status.paid", {
          amount: voice.money(request.sentAmount ?? 0n),
          day: voice.day(request.sentDay ?? request.day),
        })}
      </p>
      {request.outcome !== null && <Note kind="good">{voice.say(`status.${request.outcome}`)}</Note>}
      <div class="actions">
        <Act view={view} act="confirmations" fields={{ outcome: "received" }}>
          <button>{voice.say("status.got")}</button>
        </Act>
        <Act view={view} act="confirmations" fields={{ outcome: "not-received" }}>
          <button class="quiet">{voice.say("status.not")}</button>
        </Act>
      </div>
      <details open={view.form?.wrong["amount"] !== undefined}>
        <summary>{voice.say("status.other")}</summary>
        <Act view={view} act="confirmations" fields={{ outcome: "other-amount" }}>
          <MoneyField
            voice={voice}
            form={view.form ?? EMPTY_FORM}
            name="amount"
            label={voice.say("status.other.amount")}
            required
          />
          <button class="quiet">{voice.say("status.other")}</button>
        </Act>
      </details>
      {view.standing.receipt?.index != null && (
        <Act view={view} act="proof" fields={{}}>
          <p>{voice.say("status.proof", { index: view.standing.receipt.index })}</p>
          <button class="quiet">{voice.say("receipt.file")}</button>
        </Act>
      )}
      <p class="soft">{voice.say("status.thanks", { day: voice.day(erased) })}</p>
      {fund.charter.nextMeeting !== null && (
        <p class="soft">{voice.say("status.meeting", { meeting: fund.charter.nextMeeting })}</p>
      )}
    </>
  );
}

function Messages({ voice, standing }: { voice: Voice; standing: Standing }): JSX.Element | null {
  if (standing.messages.length === 0) return null;
  return (
    <section>
      <h2>{voice.say("status.messages")}</h2>
      <ul class="people">
        {standing.messages.map((message) => (
          <li>
            <small>
              {voice.say(`status.from.${message.from}`)}, {voice.day(message.day)}
            </small>
            <br />
            {message.text}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tell({ view }: { view: StatusView }): JSX.Element {
  const { voice } = view;
  return (
    <details>
      <summary>{voice.say("status.message")}</summary>
      <Act view={view} act="messages" fields={{ key: newToken() }}>
        <label for="text">{voice.say("status.message")}</label>
        <textarea id="text" name="text" required maxLength={WORDS_CHARACTERS_MAX} />
        <p>
          <button class="quiet">{voice.say("status.message.button")}</button>
        </p>
      </Act>
    </details>
  );
}

function Changes({ view }: { view: StatusView }): JSX.Element {
  const { voice } = view;
  const form = view.form ?? EMPTY_FORM;
  return (
    <>
      <details open={form.wrong["newAmount"] !== undefined}>
        <summary>{voice.say("status.change")}</summary>
        <Act view={view} act="changes">
          <MoneyField
            voice={voice}
            form={form}
            name="newAmount"
            label={voice.say("ask.amount")}
            hint={voice.say("ask.amount.hint", { cap: voice.money(view.fund.charter.capPerRequest) })}
            required
          />
          <button class="quiet">{voice.say("status.change.button")}</button>
        </Act>
      </details>
      <details open={form.wrong["rail"] !== undefined || form.wrong["to"] !== undefined}>
        <summary>{voice.say("status.change.pay")}</summary>
        <Act view={view} act="changes">
          <PayToFields voice={voice} form={form} />
          <button class="quiet">{voice.say("status.change.button")}</button>
        </Act>
      </details>
      <details>
        <summary>{voice.say("status.withdraw")}</summary>
        <Act view={view} act="withdrawal">
          <p>
            <button class="quiet">{voice.say("status.withdraw.sure")}</button>
          </p>
        </Act>
      </details>
    </>
  );
}

/** The code travels in a hidden field of a POST, never in an address. */
function Act({
  view,
  act,
  fields = {},
  children,
}: {
  view: StatusView;
  act: string;
  fields?: Record<string, string>;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <form method="post" action={link(view.voice.language, `/${view.frame.slug}/status`)} autocomplete="off">
      <input type="hidden" name="words" value={view.code} />
      <input type="hidden" name="act" value={act} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  );
}
