import { byId, show } from "./api.js";
import { solve, type AskedProof } from "./proof.js";

/**
 * A form that anybody may send, while many are sent: does the work that its challenge asks for while the person fills it in. The derivations run in the browser's own
 * threads (WebCrypto), so the page stays quick without a worker of ours. Whatever fails here, the form still goes without script.
 */
const stepUp = byId("step-up");
const form = stepUp?.closest("form") ?? null;

async function work(into: HTMLElement, of: HTMLFormElement): Promise<void> {
  const asked = JSON.parse(into.dataset["challenge"] ?? "") as AskedProof;
  const proof = of.elements.namedItem("proof") as HTMLInputElement;
  const bar = byId<HTMLProgressElement>("step-up-bar");
  const doing = byId("step-up-work");
  const wait = byId("step-up-wait");
  let send = into.dataset["send"] !== undefined;
  const hold = (event: Event): void => {
    event.preventDefault();
    send = true;
    const says = byId("step-up-says");
    show(says, says?.dataset["send"]);
    show(doing);
  };
  of.addEventListener("submit", hold);
  wait?.setAttribute("hidden", "");
  show(doing);
  try {
    proof.value = await solve(asked, (percent) => bar && (bar.value = percent));
    const done = byId("step-up-done");
    if (!send && done) done.textContent = done.dataset["done"] ?? "";
  } catch {
    // The ticket is in the form: it goes after its time.
    show(wait);
    send = false;
  }
  doing?.setAttribute("hidden", "");
  of.removeEventListener("submit", hold);
  if (send) of.requestSubmit();
}

if (stepUp && form) void work(stepUp, form);
