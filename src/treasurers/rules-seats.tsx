import type { JSX } from "preact";
import { Note } from "../pages/fields.js";
import { Act, type RulesView } from "./rules-view.js";
import type { Seat } from "./seats.service.js";

/** Who sits here and who asks to, with what can be asked of the others about each. */
export function Seats({ view }: { view: RulesView }): JSX.Element {
  const { voice, seats, candidates, invitation } = view;
  return (
    <section>
      <h2>{voice.say("change.seats")}</h2>
      <ul class="people">
        {seats.map((seat) => (
          <li>
            <strong>{seat.name}</strong>
            <Shut view={view} seat={seat} />
            {view.waiting === null && (
              <details>
                <summary>{voice.say("change.leave")}</summary>
                <p class="soft small">{voice.say("change.leave.how")}</p>
                <Act view={view} act="roster" fields={{ remove: seat.treasurerId }}>
                  {candidates.length > 0 && (
                    <div class="field">
                      <label for={`in-place-${seat.treasurerId}`}>{voice.say("change.instead")}</label>
                      <select id={`in-place-${seat.treasurerId}`} name="add">
                        <option value="">{voice.say("change.instead.nobody")}</option>
                        {candidates.map((candidate) => (
                          <option value={candidate.candidateId}>{candidate.name}</option>
                        ))}
                      </select>
                    </div>
                  )}
                  <button class="quiet">{voice.say("line.pause.ask")}</button>
                </Act>
              </details>
            )}
          </li>
        ))}
      </ul>
      {candidates.length > 0 && (
        <>
          <h3>{voice.say("change.candidates")}</h3>
          <ul class="people">
            {candidates.map((candidate) => (
              <li>
                <strong>{candidate.name}</strong> <span class="soft">{voice.day(candidate.day)}</span>
                {view.waiting === null && (
                  <Act view={view} act="roster" fields={{ add: candidate.candidateId }}>
                    <button class="quiet">{voice.say("change.candidate.ask")}</button>
                  </Act>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {invitation === undefined ? (
        <Act view={view} act="invite">
          <button class="quiet">{voice.say("change.invite")}</button>
        </Act>
      ) : (
        <Note kind="good">
          <p>{voice.say("change.invited")}</p>
          <p class="notranslate">
            <code id="invitation">{invitation}</code>
          </p>
        </Note>
      )}
      <p class="soft small">{voice.say("change.invite.how")}</p>
    </section>
  );
}

/** Passkeys that are shut for some days, or the way to shut them. */
function Shut({ view, seat }: { view: RulesView; seat: Seat }): JSX.Element | null {
  const { voice } = view;
  const suspended = view.suspended.get(seat.treasurerId);
  if (suspended !== undefined)
    return (
      <>
        <p class="wrong">{voice.say("suspend.until", { day: suspended.until })}</p>
        <Act view={view} act="lift" fields={{ suspension: suspended.suspensionId }}>
          <button class="quiet">{voice.say("suspend.lift")}</button>
        </Act>
      </>
    );
  if (seat.treasurerId === view.treasurer.treasurerId) return null;
  return (
    <details>
      <summary>{voice.say("suspend.title")}</summary>
      <p class="soft small">{voice.say("suspend.how", { name: seat.name })}</p>
      <Act view={view} act="suspend" fields={{ treasurer: seat.treasurerId }}>
        <button class="quiet">{voice.say("suspend.now")}</button>
      </Act>
    </details>
  );
}
