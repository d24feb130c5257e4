import type { JSX } from "preact";
import { link } from "../pages/layout.js";
import { DAYS_APART_MAX, type Proposal } from "./match.js";
import { GROUP_ROWS, type MatchedLine } from "./statement-reads.service.js";
import { LineAct, optionValue, place, sayOption, sayTransaction, shortDay, signed, statementsPath, type StatementsView } from "./statements-view.js"; // prettier-ignore

interface InView {
  readonly view: StatementsView;
}

/** What the lines probably are. What is certain is ticked; where several fit, people tick; and nothing is matched before they press. */
export function Proposed({ view }: InView): JSX.Element {
  const { voice, board } = view;
  const { proposals } = board.proposals;
  const shown = [...proposals].sort((a, b) => Number(b.sure) - Number(a.sure)).slice(0, GROUP_ROWS);
  return (
    <section>
      <h2>{voice.say("statements.proposed")}</h2>
      {shown.length === 0 ? (
        <p class="soft">{voice.say("statements.proposed.none")}</p>
      ) : (
        <>
          <p class="soft">{voice.say("statements.proposed.lead", { days: DAYS_APART_MAX })}</p>
          <LineAct view={view} act="match">
            <ul class="people">
              {shown.map((proposal) => (
                <ProposedLine view={view} proposal={proposal} />
              ))}
            </ul>
            <More view={view} count={proposals.length - shown.length} />
            <p class="actions">
              <button>{voice.say("statements.right")}</button>
            </p>
          </LineAct>
        </>
      )}
    </section>
  );
}

function ProposedLine({ view, proposal }: InView & { proposal: Proposal }): JSX.Element | null {
  const { voice, board } = view;
  const line = board.lines.get(proposal.lineId);
  if (line === undefined) return null;
  const [only] = proposal.options;
  const name = `is-${line.lineId}`;
  return (
    <li data-line={line.lineId}>
      <label class="tick">
        <input type="checkbox" name={`yes-${line.lineId}`} checked={proposal.sure} />
        <span>
          <span class="amount">{signed(voice, line.amount)}</span> <strong>{shortDay(voice, line.day)}</strong>
          <br />
          <span class="soft small">{place(voice, line)}</span>
          {proposal.options.length === 1 && only !== undefined && (
            <>
              <br />= {sayOption(view, only)}
              {!proposal.sure && <span class="soft small"> · {voice.say("statements.wanted")}</span>}
            </>
          )}
        </span>
      </label>
      {proposal.options.length === 1 && only !== undefined ? (
        <input type="hidden" name={name} value={optionValue(only)} />
      ) : (
        <div class="field">
          <label for={name}>{voice.say("statements.several")}</label>
          <select id={name} name={name}>
            {proposal.options.map((option) => (
              <option value={optionValue(option)} selected={option === proposal.suggested}>
                {sayOption(view, option)}
              </option>
            ))}
          </select>
        </div>
      )}
    </li>
  );
}

export function More({ view, count }: InView & { count: number }): JSX.Element | null {
  return count <= 0 ? null : <p class="soft">{view.voice.say("statements.more", { count })}</p>;
}

/** Entered from a line, and not yet confirmed by another treasurer. */
export function Waiting({ view }: InView): JSX.Element | null {
  const { voice, board } = view;
  if (board.waiting.length === 0) return null;
  return (
    <section>
      <h2>{voice.say("statements.waiting")}</h2>
      <p class="soft">
        {voice.say("statements.waiting.lead")}{" "}
        <a href={link(voice.language, `/${view.frame.slug}/desk/holdings`)}>{voice.say("statements.back")}</a>
      </p>
      <ul class="people">
        {board.waiting.map((line) => (
          <MatchedRow view={view} line={line} button="statements.takeback" />
        ))}
      </ul>
    </section>
  );
}

export function Matched({ view }: InView): JSX.Element {
  const { voice, board, matchedFrom } = view;
  const older = matchedFrom + board.matched.length;
  return (
    <section>
      <h2>{voice.say("statements.matched", { count: board.matchedCount })}</h2>
      {board.matchedCount === 0 && <p class="soft">{voice.say("statements.matched.none")}</p>}
      <ul class="people">
        {board.matched.map((line) => (
          <MatchedRow view={view} line={line} button="statements.undo" />
        ))}
      </ul>
      {older < board.matchedCount && (
        <p>
          <a class="button quiet" href={`${statementsPath(view, view.holding)}&matched=${older}`}>
            {voice.say("money.older")}
          </a>
        </p>
      )}
    </section>
  );
}

function MatchedRow({
  view,
  line,
  button,
}: InView & { line: MatchedLine; button: "statements.undo" | "statements.takeback" }): JSX.Element {
  const { voice, board } = view;
  const name = view.seats.find((seat) => seat.treasurerId === line.matchedBy)?.name ?? "?";
  const mistaken = line.seqs.some((seq) => board.transactions.get(seq)?.mistaken === true);
  return (
    <li data-matched={line.lineId}>
      <div class="row">
        <span class="amount">{signed(voice, line.amount)}</span>
        <strong>{shortDay(voice, line.day)}</strong>
      </div>
      <p class="soft small">
        {place(voice, line)} · {voice.say(line.waits ? "money.by" : "statements.by", { name })}
      </p>
      {line.waits && line.what !== null && <p>{voice.say(`money.what.${line.what}`)}</p>}
      {line.seqs.length > 0 && <p>= {sayOption(view, line.seqs)}</p>}
      {mistaken && <p class="note small">{voice.say("statements.mistaken")}</p>}
      <LineAct view={view} act="undo">
        <input type="hidden" name="line" value={line.lineId} />
        <button class="quiet">{voice.say(button)}</button>
      </LineAct>
    </li>
  );
}

/** The other way round: the book has it, and no line speaks of it. */
export function Unspoken({ view }: InView): JSX.Element {
  const { voice, board } = view;
  const shown = board.unspoken.slice(0, GROUP_ROWS);
  return (
    <section id="unspoken">
      <h2>{voice.say("statements.unspoken")}</h2>
      <p class="soft">{voice.say(shown.length === 0 ? "statements.unspoken.none" : "statements.unspoken.lead")}</p>
      <ul class="people">
        {shown.map((t) => (
          <li>
            <span class="amount">{signed(voice, t.amount)}</span> {sayTransaction(voice, t)}
          </li>
        ))}
      </ul>
      <More view={view} count={board.unspoken.length - shown.length} />
    </section>
  );
}

/** Lines that people left alone. */
export function Alone({ view }: InView): JSX.Element | null {
  const { voice, board } = view;
  if (board.alone.length === 0) return null;
  return (
    <section>
      <h2>{voice.say("statements.alone")}</h2>
      <ul class="people">
        {board.alone.map((line) => (
          <li data-alone={line.lineId}>
            <div class="row">
              <span class="amount">{signed(voice, line.amount)}</span>
              <strong>{shortDay(voice, line.day)}</strong>
            </div>
            <p class="soft small">{place(voice, line)}</p>
            <LineAct view={view} act="take-up">
              <input type="hidden" name="line" value={line.lineId} />
              <button class="quiet">{voice.say("statements.takeup")}</button>
            </LineAct>
          </li>
        ))}
      </ul>
    </section>
  );
}
