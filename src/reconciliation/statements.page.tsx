import type { JSX } from "preact";
import { fieldAttributes, FormErrors, Note, Wrong } from "../pages/fields.js";
import { link, page } from "../pages/layout.js";
import type { Voice } from "../pages/words.js";
import { LeftOver } from "./statements-left-over.js";
import { Alone, Matched, Proposed, Unspoken, Waiting } from "./statements-groups.js";
import { holdingName, LineAct, shortDay, signed, statementsPath, type StatementsView } from "./statements-view.js";

/** A holding's statements beside the book: works without script. */
export function statementsPage(view: StatementsView): string {
  const { voice, frame, form } = view;
  const some = view.board.files.length > 0;
  return page(
    { language: voice.language, title: voice.say("statements.title"), fund: frame, here: "desk" },
    <>
      <p>
        <a href={link(voice.language, `/${frame.slug}/desk/holdings`)}>← {voice.say("statements.back")}</a>
      </p>
      <h1>{voice.say("statements.title")}</h1>
      {view.done !== undefined && <Note kind="good">{doneSentence(voice, view.done)}</Note>}
      <FormErrors form={form} sentence={voice.say("problem.invalid")} />
      <p class="lead">{voice.say("statements.lead")}</p>
      <Holdings view={view} />
      <Upload view={view} open={!some} />
      {some && (
        <>
          <Closing view={view} />
          <Proposed view={view} />
          <LeftOver view={view} />
          <Waiting view={view} />
          <Unspoken view={view} />
          <Matched view={view} />
          <Alone view={view} />
          <Files view={view} />
        </>
      )}
    </>,
  );
}

function doneSentence(voice: Voice, done: string): string {
  const kept = /^kept:(\d{1,5}):(\d{1,5})$/.exec(done);
  if (kept) return voice.say("statements.kept", { added: Number(kept[1]), known: Number(kept[2]) });
  return voice.say(done === "entered" ? "statements.entered" : "money.done");
}

/** The holdings that have lines, so that one is a press away from another. */
function Holdings({ view }: { view: StatementsView }): JSX.Element | null {
  const known = view.codes.filter((code) => view.open.has(code) || code === view.holding);
  if (view.open.size === 0) return null;
  return (
    <nav aria-label={view.voice.say("money.holding")}>
      <ul class="take">
        {known.map((code) => (
          <li>
            {code === view.holding ? (
              <strong aria-current="page">{holdingName(code)}</strong>
            ) : (
              <a href={statementsPath(view, code)}>{holdingName(code)}</a>
            )}{" "}
            {(view.open.get(code) ?? 0) > 0 && (
              <span class="tag">{view.voice.say("statements.open", { count: view.open.get(code) ?? 0 })}</span>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Upload({ view, open }: { view: StatementsView; open: boolean }): JSX.Element {
  const { voice, form, frame } = view;
  const mine = form.typed["form"] === "file";
  return (
    <details open={open || mine}>
      <summary>{voice.say("statements.upload")}</summary>
      <Note>{voice.say("statements.privacy")}</Note>
      <form
        method="post"
        enctype="multipart/form-data"
        action={link(voice.language, `/${frame.slug}/desk/statements/files`)}
      >
        <input type="hidden" name="form" value="file" />
        <div class="field">
          <label for="holding">{voice.say("statements.which")}</label>
          <Wrong form={form} name="holding" />
          <select {...fieldAttributes(form, "holding")}>
            {view.codes.map((code) => (
              <option value={code} selected={code === (form.typed["holding"] ?? view.holding)}>
                {holdingName(code)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="file">
            {voice.say("statements.file")} <small>({voice.say("statements.file.hint")})</small>
          </label>
          <Wrong form={form} name="file" />
          <input type="file" {...fieldAttributes(form, "file")} accept=".csv,.tsv,.txt,text/csv,text/plain" />
        </div>
        <div class="field">
          <label for="pasted">
            {voice.say("statements.paste")} <small>({voice.say("statements.paste.hint")})</small>
          </label>
          <textarea id="pasted" name="pasted" rows={4} spellcheck={false} autocomplete="off">
            {form.typed["pasted"] === undefined ? "" : `\n${form.typed["pasted"]}`}
          </textarea>
        </div>
        <p class="actions">
          <button name="act" value="read">
            {voice.say("statements.read")}
          </button>
        </p>
      </form>
    </details>
  );
}

/** What the file says is there, beside the book. */
function Closing({ view }: { view: StatementsView }): JSX.Element | null {
  const { voice, board } = view;
  if (board.closing === null) return null;
  const { day, stated, booked } = board.closing;
  const difference = stated - booked;
  return (
    <section>
      <h2>{voice.say("statements.closing", { day: shortDay(voice, day) })}</h2>
      <dl class="figures">
        <div>
          <dt>{voice.say("statements.closing.stated")}</dt>
          <dd>{voice.money(stated)}</dd>
        </div>
        <div>
          <dt>{voice.say("statements.closing.booked")}</dt>
          <dd>{voice.money(booked)}</dd>
        </div>
        <div>
          <dt>{voice.say("statements.closing.difference")}</dt>
          <dd>{difference === 0n ? voice.say("statements.closing.none") : signed(voice, difference)}</dd>
        </div>
      </dl>
      {difference !== 0n && <p class="soft small">{voice.say("statements.closing.why")}</p>}
    </section>
  );
}

function Files({ view }: { view: StatementsView }): JSX.Element {
  const { voice, board } = view;
  return (
    <section>
      <h2>{voice.say("statements.files")}</h2>
      <ul class="people">
        {board.files.map((file) => (
          <li>
            <div class="row">
              <strong>
                {shortDay(voice, file.firstDay)} – {shortDay(voice, file.lastDay)}
              </strong>
              <span class="soft">{voice.say("statements.files.lines", { count: file.lines })}</span>
            </div>
            <details>
              <summary>{voice.say("statements.files.wrong")}</summary>
              <p class="soft small">{voice.say("statements.files.wrong.lead")}</p>
              <LineAct view={view} act="take-away">
                <input type="hidden" name="file" value={file.statementId} />
                <button class="quiet">{voice.say("statements.files.away")}</button>
              </LineAct>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
