/**
 * "Leave quickly", and Esc three times: the page is emptied at once, and the one that comes takes its place in the history too, so that Back does not come here. Without script the
 * button is a plain link.
 */
const link = document.querySelector<HTMLAnchorElement>("a.leave");
const WITHIN_MS = 2000;
const TIMES = 3;
let pressed: number[] = [];

function leave(): void {
  if (!link) return;
  document.documentElement.hidden = true;
  document.body.replaceChildren();
  document.title = "";
  location.replace(link.href);
}

link?.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  pressed = [...pressed.filter((at) => event.timeStamp - at < WITHIN_MS), event.timeStamp];
  if (pressed.length >= TIMES) leave();
});
// Whoever comes back by the browser's own memory of pages finds nothing that was typed.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
