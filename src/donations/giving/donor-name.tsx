import type { JSX } from "preact";
import type { Voice } from "../../pages/words.js";

/** What a donor can do about the name that is shown: take it away at once, and put it back while this page is open. */
export type ShownName =
  | { readonly state: "none" }
  | { readonly state: "shown"; readonly name: string }
  | { readonly state: "removed"; readonly name: string };

export function shownNameOf({ displayName }: { readonly displayName: string | null }): ShownName {
  return displayName === null ? { state: "none" } : { state: "shown", name: displayName };
}

export function DonorName({
  voice,
  shown,
  action,
}: {
  voice: Voice;
  shown: ShownName;
  action: string;
}): JSX.Element | null {
  if (shown.state === "none") return null;
  const removed = shown.state === "removed";
  return (
    <form method="post" action={action} class="card" aria-labelledby="shown-name">
      <h2 id="shown-name">{voice.say("give.mine.title")}</h2>
      <p role={removed ? "status" : undefined} dir="auto">
        {removed ? voice.say("give.mine.removed") : voice.say("give.mine.shown", { name: shown.name })}
      </p>
      {/* Taken away, it stands in this page alone: putting it back sends it again. */}
      <input type="hidden" name="name" value={removed ? shown.name : ""} />
      <button class="quiet">{voice.say(removed ? "give.mine.undo" : "give.mine.remove")}</button>
    </form>
  );
}
