import type { ComponentChildren, JSX } from "preact";
import { newToken } from "../kernel/ids.js";
import { freeToPromise } from "../ledger/balance.js";
import { link, page } from "../pages/layout.js";
import type { MessageKey } from "../pages/languages/en.js";
import { Item, ToSend, type DeskView } from "./desk-items.js";
import { waitsAt, type DeskItem } from "./desk.service.js";
import { frameFor, Shell, You } from "../treasurers/desk-shell.js";

/** One statement covers so many at the most. */
export const LIST_SIZE_MAX = 100;

export function deskPage(view: DeskView): string {
  const { voice, frame, desk, charter } = view;
  const idle = desk.cardPause === null && waitsAt(desk) === 0;
  return page(
    frameFor(voice, frame),
    <Shell voice={voice} frame={frame}>
      <h1>{voice.say("desk.title")}</h1>
      <You voice={voice} me={view.treasurer} />
      <CardPauseLine view={view} />
      {idle && <p class="good">{voice.say(desk.signedByMe.length > 0 ? "desk.others" : "desk.nothing")}</p>}
      <ToLookAt view={view} />
      <Elsewhere view={view} />
      <ToSign view={view} />
      {desk.toSend.length > 0 && (
        <Section title={voice.say("desk.send")} lead={voice.say("desk.send.lead", { minutes: charter.leaseMinutes })}>
          {desk.toSend.map((item) => (
            <ToSend view={view} item={item} />
          ))}
        </Section>
      )}
      {desk.mismatched.length > 0 && (
        <Section title={voice.say("desk.mismatch")}>
          {desk.mismatched.map((item) => (
            <Sent view={view} item={item} />
          ))}
        </Section>
      )}
      {desk.signedByMe.length > 0 && (
        <Section title={voice.say("desk.approved.you")}>
          {desk.signedByMe.map((item) => (
            <Item view={view} item={item} />
          ))}
        </Section>
      )}
      {desk.unconfirmed.length > 0 && (
        <details>
          <summary>{`${voice.say("desk.unconfirmed")} (${desk.unconfirmed.length})`}</summary>
          <ul class="people">
            {desk.unconfirmed.map((item) => (
              <Sent view={view} item={item} />
            ))}
          </ul>
        </details>
      )}
      <Live view={view} />
    </Shell>,
  );
}

/** What waits for this treasurer on other pages of the desk. */
function Elsewhere({ view }: { view: DeskView }): JSX.Element {
  const { voice, frame, desk } = view;
  const waits = [
    ["holdings", "desk.hand", desk.handEntries],
    ["messages", "messages.waits", desk.messages],
    ["decisions", "decide.waits", desk.decisions],
    ["locks", "locks.waits", desk.locks],
  ] as const;
  return (
    <>
      {waits.map(
        ([path, key, count]) =>
          count > 0 && (
            <p class="note">
              <a href={link(voice.language, `/${frame.slug}/desk/${path}`)}>{voice.say(key, { count })}</a>
            </p>
          ),
      )}
    </>
  );
}

/** Alarms stay until somebody has looked. */
function ToLookAt({ view }: { view: DeskView }): JSX.Element | null {
  const { voice, frame, desk } = view;
  if (desk.alarms.length === 0) return null;
  return (
    <Section title={voice.say("desk.alarms")}>
      {desk.alarms.map((alarm) => (
        <li>
          <p class="wrong">
            {voice.say(`desk.alarm.${alarm.kind}`, { day: voice.day(alarm.day), about: alarm.about })}
          </p>
          <form method="post" action={link(voice.language, `/${frame.slug}/desk/alarms`)}>
            <input type="hidden" name="key" value={newToken()} />
            <input type="hidden" name="alarm" value={alarm.alarmId} />
            <button class="quiet">{voice.say("desk.alarm.seen")}</button>
          </form>
        </li>
      ))}
    </Section>
  );
}

/** Gifts by card that rest after failed payments, and the button that ends it. */
function CardPauseLine({ view }: { view: DeskView }): JSX.Element | null {
  const { voice, frame, charter } = view;
  const { cardPause } = view.desk;
  if (cardPause === null) return null;
  const time = voice.time(cardPause.until, charter.timeZone);
  return (
    <div class="note" id="card-pause">
      <p>{voice.say("pause.desk", { time, count: cardPause.failures })}</p>
      <form method="post" action={link(voice.language, `/${frame.slug}/desk/card-gifts`)}>
        <input type="hidden" name="key" value={newToken()} />
        <button class="quiet">{voice.say("pause.resume")}</button>
      </form>
    </div>
  );
}

function Section({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section>
      <h2>{title}</h2>
      {lead !== undefined && <p class="soft">{lead}</p>}
      <ul class="people">{children}</ul>
    </section>
  );
}

function inSlices<T>(list: readonly T[], size: number): (readonly T[])[] {
  return list.length <= size ? [list] : [list.slice(0, size), ...inSlices(list.slice(size), size)];
}

function ToSign({ view }: { view: DeskView }): JSX.Element | null {
  const { voice, desk } = view;
  if (desk.toSign.length === 0) return null;
  const slices = inSlices(desk.toSign, LIST_SIZE_MAX);
  return (
    <Section title={voice.say("desk.next")} lead={voice.say("desk.next.lead")}>
      {slices.map((slice) => (
        <>
          {slice.map((item) => (
            <Item view={view} item={item} />
          ))}
          <li>
            <button class="big" data-act="approve" data-list={slice.map((i) => i.disbursementId).join(" ")}>
              {voice.say("desk.approve", {
                count: slice.length,
                sum: voice.money(slice.reduce((total, item) => total + item.amount, 0n)),
              })}
            </button>
          </li>
        </>
      ))}
    </Section>
  );
}

function Sent({ view, item }: { view: DeskView; item: DeskItem }): JSX.Element {
  const { voice } = view;
  const outcome = item.sent?.outcome;
  return (
    <Item view={view} item={item}>
      {(outcome === "other-amount" || outcome === "not-received") && (
        <p class="wrong">
          {voice.say(`desk.mismatch.${outcome}`, { amount: voice.money(item.sent?.outcomeAmount ?? 0n) })}
        </p>
      )}
    </Item>
  );
}

function Live({ view }: { view: DeskView }): JSX.Element {
  const { voice, desk, frame } = view;
  const { balances } = desk;
  const figures: [MessageKey, string][] = [
    ["books.free", voice.money(freeToPromise(balances))],
    ["books.settled", voice.money(balances.settled)],
    ["books.transit", voice.money(balances.inTransit)],
    ["books.held", voice.money(balances.held)],
    ["books.waiting", String(desk.waiting)],
  ];
  const text = voice.say("desk.text", {
    name: frame.name,
    next: desk.toSign.length + desk.signedByMe.length,
    send: desk.toSend.length,
    unconfirmed: desk.unconfirmed.length,
    link: view.link,
  });
  return (
    <section>
      <h2>{voice.say("desk.figures")}</h2>
      <dl class="figures">
        {figures.map(([key, value]) => (
          <div>
            <dt>{voice.say(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="actions">
        <button class="quiet" data-act="copy" data-text={text} data-done={voice.say("desk.copied")}>
          {voice.say("desk.copy")}
        </button>
        {linksOf(view).map(([path, key]) => (
          <a class="button quiet" href={link(voice.language, `/${frame.slug}/${path}`)}>
            {voice.say(key)}
          </a>
        ))}
      </p>
    </section>
  );
}

/** The desk's other pages. */
function linksOf({ charter }: DeskView): readonly (readonly [path: string, key: MessageKey])[] {
  return [
    ["desk/holdings", "money.link"],
    ["desk/rules", "change.title"],
    ["desk/line", "line.link"],
    ...(charter.rule === "lottery" ? [["desk/draw", "draw.title"] as const] : []),
    ["desk/turn", "turn.title"],
    ["desk/messages", "messages.title"],
    ["desk/words", "another.title"],
    ["desk/erasure", "hold.title"],
    ["desk/notices", "notices.title"],
    ["desk/stripe", "stripe.link"],
    ["desk/gifts", "refund.link"],
    ["books", "nav.books"],
  ];
}
