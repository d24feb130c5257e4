import type { ComponentChildren, JSX } from "preact";
import { newToken } from "../kernel/ids.js";
import { EMPTY_FORM, fieldAttributes, MoneyField, Wrong, type FormState } from "../pages/fields.js";
import { WORDS_CHARACTERS_MAX } from "./aid-request.js";
import { PayToFields } from "./ask-more.js";
import { WithWords } from "./asked.page.js";
import { mayDo } from "./claim-rights.js";
import type { StatusView } from "./status-view.js";

export function Tell({ view }: { view: StatusView }): JSX.Element {
  const { voice } = view;
  return (
    <details>
      <summary>{voice.say("status.message")}</summary>
      <Act view={view} act="messages" fields={{ key: newToken() }} locks="message">
        <label for="text">{voice.say("status.message")}</label>
        <textarea id="text" name="text" required maxLength={WORDS_CHARACTERS_MAX} />
        <p>
          <button class="quiet">{voice.say("status.message.button")}</button>
        </p>
      </Act>
    </details>
  );
}

export function Changes({ view }: { view: StatusView }): JSX.Element {
  const { voice, kind, request } = view;
  const form = view.form ?? EMPTY_FORM;
  const less = !mayDo(kind, "ask-more");
  const part = request.sent > 0n;
  return (
    <>
      {(!less || request.state === "waiting") && (
        <details open={form.wrong["newAmount"] !== undefined}>
          <summary>{voice.say(less ? "status.change.less" : "status.change")}</summary>
          <Act view={view} act="changes">
            <MoneyField
              voice={voice}
              form={form}
              name="newAmount"
              label={voice.say(part ? "status.change.all" : "ask.amount")}
              hint={voice.say("ask.amount.hint", {
                cap: voice.money(less ? request.amount : view.fund.charter.capPerRequest),
              })}
              required
            />
            <button class="quiet">{voice.say("status.change.button")}</button>
          </Act>
        </details>
      )}
      <ChangeDay view={view} form={form} />
      {mayDo(kind, "pay-to") && (
        <details open={form.wrong["rail"] !== undefined || form.wrong["to"] !== undefined}>
          <summary>{voice.say("status.change.pay")}</summary>
          <Act view={view} act="changes" locks="pay-to">
            <PayToFields voice={voice} form={form} />
            <button class="quiet">{voice.say("status.change.button")}</button>
          </Act>
        </details>
      )}
      {mayDo(kind, "withdraw") && (
        <details>
          <summary>{voice.say(part ? "status.enough" : "status.withdraw")}</summary>
          <Act view={view} act="withdrawal">
            {part && <p>{voice.say("status.enough.text")}</p>}
            <p>
              <button class="quiet">{voice.say(part ? "status.enough.sure" : "status.withdraw.sure")}</button>
            </p>
          </Act>
        </details>
      )}
    </>
  );
}

function ChangeDay({ view, form }: { view: StatusView; form: FormState }): JSX.Element {
  const { voice, request } = view;
  return (
    <details open={form.wrong["newDay"] !== undefined}>
      <summary>{voice.say("status.change.day")}</summary>
      <Act view={view} act="changes">
        <div class="field">
          <label for="newDay">{voice.say("ask.needed")}</label>
          <Wrong form={form} name="newDay" />
          <input
            type="date"
            {...fieldAttributes(form, "newDay")}
            value={form.typed["newDay"] ?? request.neededBy ?? undefined}
            required
          />
        </div>
        <button class="quiet">{voice.say("status.change.button")}</button>
      </Act>
    </details>
  );
}

/** Words for somebody who helps: made here, shown once, taken back here. */
export function Helper({ view }: { view: StatusView }): JSX.Element {
  const { voice, helped } = view;
  return (
    <details open={view.note === "status.help.gone"}>
      <summary>{voice.say("status.help")}</summary>
      <p>{voice.say(helped ? "status.help.there" : "status.help.text")}</p>
      {helped && (
        <Act view={view} act="helper-gone">
          <p>
            <button class="quiet">{voice.say("status.help.back")}</button>
          </p>
        </Act>
      )}
      <WithWords
        voice={voice}
        slug={view.frame.slug}
        path="status/helper-code"
        code={view.code}
        fields={{ key: newToken() }}
      >
        <p>
          <button class="quiet">{voice.say(helped ? "status.help.again" : "status.help.make")}</button>
        </p>
      </WithWords>
    </details>
  );
}

export function Act({
  view,
  act,
  fields = {},
  locks,
  children,
}: {
  view: StatusView;
  act: string;
  fields?: Record<string, string>;
  /** What a browser with script locks before it sends the form. */
  locks?: "message" | "pay-to";
  children: ComponentChildren;
}): JSX.Element {
  const { voice, frame } = view;
  return (
    <WithWords
      voice={voice}
      slug={frame.slug}
      path="status"
      code={view.code}
      fields={{ act, ...fields }}
      data={locks === undefined ? {} : lockData(view, locks)}
    >
      {children}
      {locks !== undefined && (
        <>
          <p class="wrong" role="alert" data-problem hidden />
          <p class="soft small" data-locked={voice.say("status.lock.here", { fingerprint: "{fingerprint}" })}>
            {voice.say("status.lock.server")}
          </p>
        </>
      )}
    </WithWords>
  );
}

function lockData(view: StatusView, what: string): Record<string, string> {
  const { voice, sealing, request, frame } = view;
  if (sealing === null) return {};
  const sentences = ["problem.words", "problem.rail", "problem.to", "problem.wrong-keys"] as const;
  return {
    "data-lock": JSON.stringify({
      ...sealing,
      what,
      fund: frame.slug,
      language: voice.language,
      own: request.replyRecipient,
    }),
    "data-sentences": JSON.stringify(Object.fromEntries(sentences.map((key) => [key, voice.say(key)]))),
  };
}

/** Waits for a form that is to be locked. */
export const LOCK_SCRIPT = "lock.page.js";
