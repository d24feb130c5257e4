import type { JSX } from "preact";
import { categoryName } from "../../funds/category-name.js";
import { page, type FundFrame } from "../../pages/layout.js";
import type { Voice } from "../../pages/words.js";
import { BackToDesk, frameFor, Shell, You } from "../../treasurers/desk-shell.js";
import type { TreasurerRow } from "../../treasurers/treasurer.entity.js";
import { publicState, WORDS_CHARACTERS_MAX } from "../aid-request.js";
import type { SealingKeys } from "../sealing-keys.service.js";
import type { Conversation } from "./conversations.service.js";
import { PHRASES } from "./message.js";

export interface MessagesView {
  readonly voice: Voice;
  readonly frame: FundFrame;
  readonly treasurer: TreasurerRow;
  readonly all: readonly Conversation[];
  /** Null until the treasurers' keys are in the public log: nothing can be locked for them before. */
  readonly sealing: SealingKeys | null;
}

export function messagesPage(view: MessagesView): string {
  const { voice, frame, all } = view;
  const waiting = all.filter((c) => c.unseen > 0);
  const others = all.filter((c) => c.unseen === 0);
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("messages.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <p class="soft">{voice.say("messages.why")}</p>
      <div id="messages" {...messagesData(view)}>
        {waiting.length === 0 && <p class="good">{voice.say("messages.none")}</p>}
        <ul class="people">
          {waiting.map((one) => (
            <One view={view} one={one} />
          ))}
        </ul>
        {others.length > 0 && (
          <details>
            <summary>{`${voice.say("messages.others")} (${others.length})`}</summary>
            <ul class="people">
              {others.map((one) => (
                <One view={view} one={one} />
              ))}
            </ul>
          </details>
        )}
      </div>
      <BackToDesk voice={voice} frame={frame} />
    </Shell>,
  );
}

/** What the script says, and where it finds the keys that it locks for. */
function messagesData({ voice, frame, sealing }: MessagesView): Record<string, string> {
  const phrases = Object.fromEntries(PHRASES.map((phrase) => [phrase, voice.say(`phrase.${phrase}`)]));
  return {
    "data-phrases": JSON.stringify(phrases),
    "data-from": JSON.stringify({ requester: voice.say("messages.from.requester"), fund: voice.say("messages.from.fund") }),
    "data-locale": voice.locale,
    ...(sealing === null ? {} : { "data-seal": JSON.stringify({ ...sealing, fund: frame.slug }) }),
  }; // prettier-ignore
}

function One({ view, one }: { view: MessagesView; one: Conversation }): JSX.Element {
  const { voice } = view;
  return (
    <li data-request={one.requestId}>
      <div class="row">
        <span class="amount">{voice.money(one.amount)}</span>
        <span>{categoryName(voice, one.category)}</span>
        <span class="soft">
          {voice.say("desk.day")} {voice.day(one.day)}
        </span>
        <span class="tag">{voice.say(`messages.state.${tagOf(one)}`)}</span>
        {one.unseen > 0 && <span class="tag">{voice.say("messages.unseen", { count: one.unseen })}</span>}
      </div>
      {one.messages > 0 && (
        <p class="actions">
          <button data-act="read-messages">{voice.say("messages.read", { count: one.messages })}</button>
          {one.unseen > 0 && (
            <button class="quiet" data-act="seen">
              {voice.say("messages.seen")}
            </button>
          )}
        </p>
      )}
      <div class="sealed" data-thread hidden aria-live="polite" />
      {one.reads ? <Write view={view} one={one} /> : <p class="small">{voice.say("messages.no-words")}</p>}
    </li>
  );
}

function Write({ view, one }: { view: MessagesView; one: Conversation }): JSX.Element {
  const { voice } = view;
  const id = one.requestId;
  if (view.sealing === null) return <p class="small">{voice.say("messages.not-yet")}</p>;
  return (
    <details>
      <summary>{voice.say("messages.write")}</summary>
      <form data-act="answer">
        <div class="field">
          <label for={`phrase-${id}`}>{voice.say("messages.phrase")}</label>
          <select id={`phrase-${id}`} name="phrase" aria-describedby={`phrase-hint-${id}`}>
            <option value="">{voice.say("messages.phrase.none")}</option>
            {PHRASES.map((phrase) => (
              <option value={phrase}>{voice.say(`phrase.${phrase}`)}</option>
            ))}
          </select>
          <p class="small" id={`phrase-hint-${id}`}>
            {voice.say("messages.phrase.hint")}
          </p>
        </div>
        <label for={`words-${id}`}>{voice.say("messages.words")}</label>
        <textarea id={`words-${id}`} name="words" maxLength={WORDS_CHARACTERS_MAX} autocomplete="off" />
        <p>
          <button>{voice.say("messages.send")}</button>
        </p>
      </form>
    </details>
  );
}

function tagOf(conversation: Conversation): "waiting" | "chosen" | "paid" {
  const told = publicState(conversation, false);
  return told === "paid" || told === "chosen" ? told : "waiting";
}
