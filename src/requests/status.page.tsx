import type { JSX } from "preact";
import { addDays } from "../kernel/clock.js";
import { EMPTY_FORM, FormErrors, Note } from "../pages/fields.js";
import { link, page } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { isChangeable } from "./aid-request.js";
import { Onward } from "./ask.page.js";
import { EraseNow } from "./erased.page.js";
import { mayDo } from "./claim-rights.js";
import { Parts, Rest } from "./sent-parts.page.js";
import type { Standing } from "./standings.service.js";
import { Act, Changes, Helper, LOCK_SCRIPT, Tell } from "./status-changes.js";
import type { StatusView } from "./status-view.js";

/** Never the amount, the kind of help and a name together: here stand amount and day alone. */
export function statusPage(view: StatusView): string {
  const { voice, request, frame } = view;
  return page(
    {
      language: voice.language,
      title: voice.say("status.title"),
      fund: frame,
      leave: true,
      ...(view.sealing ? { script: LOCK_SCRIPT } : {}),
    },
    <>
      <h1>{voice.say("status.title")}</h1>
      {view.note !== undefined && <Note kind="good">{voice.say(view.note)}</Note>}
      {view.kind === "helper" && <Note>{voice.say("status.helper")}</Note>}
      <FormErrors form={view.form ?? EMPTY_FORM} sentence={voice.say("problem.invalid")} />
      <p class="soft">
        {voice.say("status.asked", { amount: voice.money(request.amount), day: voice.day(request.day) })}
      </p>
      {request.state !== "withdrawn" && <Steps view={view} />}
      <Rest view={view} />
      <News view={view} />
      <Parts view={view} />
      {request.state === "paid" && <Ended view={view} />}
      <Messages voice={voice} standing={view.standing} />
      {request.state !== "withdrawn" && mayDo(view.kind, "messages") && <Tell view={view} />}
      {isChangeable(request.state) && <Changes view={view} />}
      {(request.state === "paid" || request.state === "withdrawn") && mayDo(view.kind, "withdraw") && (
        <EraseNow view={view} />
      )}
      {request.state !== "withdrawn" && mayDo(view.kind, "codes") && <Helper view={view} />}
    </>,
  );
}

function Steps({ view }: { view: StatusView }): JSX.Element {
  const { voice, request, standing } = view;
  const arrived = standing.parts.length > 0 && standing.parts.every((part) => part.outcome === "received");
  const reached =
    request.state === "paid" ? (arrived ? 3 : 2) : request.state === "waiting" || request.state === "aside" ? 0 : 1;
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

function News({ view }: { view: StatusView }): JSX.Element | null {
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
          <LotteryTicket view={view} />
          <Onward voice={voice} charter={fund.charter} />
        </>
      );
    case "chosen":
      return (
        <>
          <p class="lead">{voice.say("status.chosen", { quorum: fund.charter.quorum })}</p>
          <WhyNow view={view} />
          <LotteryTicket view={view} />
        </>
      );
    case "approved":
    case "sending":
      return (
        <>
          <p class="lead">{voice.say("status.approved")}</p>
          <WhyNow view={view} />
        </>
      );
    case "paid":
      return null;
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

/** One's own ticket, and where anybody finds it among all. */
function LotteryTicket({ view }: { view: StatusView }): JSX.Element | null {
  const { voice, standing, frame } = view;
  const { ticket } = standing;
  if (ticket === undefined) return null;
  if (ticket === null) return <p>{voice.say("status.ticket.next")}</p>;
  const { place, of, index } = ticket;
  const mark = `${ticket.mark.slice(0, 8)}…`;
  const day = voice.day(ticket.day);
  return (
    <p>
      {place === null
        ? voice.say("status.ticket.before", { day, mark, of })
        : voice.say("status.ticket", { day, mark, place, of })}{" "}
      {index !== null && (
        <a href={link(voice.language, `/${frame.slug}/books/${index}`)}>{voice.say("status.ticket.check")}</a>
      )}
    </p>
  );
}

/** By which rule it is this request's turn. */
function WhyNow({ view }: { view: StatusView }): JSX.Element | null {
  const { voice, request, fund } = view;
  if (request.chosenDay === null) return null;
  return (
    <p class="soft">
      {voice.say(`status.why.${request.outOfTurn ? "out-of-turn" : fund.charter.rule}`, {
        day: voice.day(request.chosenDay),
      })}
    </p>
  );
}

/** It has ended: when it is erased, and where the group meets. */
function Ended({ view }: { view: StatusView }): JSX.Element {
  const { voice, request, fund } = view;
  const erased = addDays(request.endedDay ?? request.day, fund.charter.retentionDays);
  return (
    <>
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
            {message.phrase !== undefined && <p>{voice.say(`phrase.${message.phrase}`)}</p>}
            {message.text ?? <em>{voice.say("status.message.locked")}</em>}
          </li>
        ))}
      </ul>
    </section>
  );
}
