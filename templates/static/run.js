/**
 * The keys of parcours that are opened one by one: a digit for each act by its place, unless a field has the keyboard or the person
 * turned them off.
 */

import "./agent.js";
import "./follow.js";
import { all, byId, find, mark } from "./dom.js";

const STORED = "touches-du-run";
const OFF = "non";
const DIGITS = "1234567890";
const FIELDS = "select, textarea, input:not([type=radio]):not([type=checkbox])";
let on = remembered();

/** What was chosen last time; browsers may refuse to remember. */
function remembered() {
  try {
    return localStorage.getItem(STORED) !== OFF;
  } catch {
    return true;
  }
}

/** Keys are shown, and announced, only while they do something. */
function show() {
  for (const [place, act] of all(document, ".touche").entries()) {
    act.dataset.touche = DIGITS[place] || "";
    find(act, "kbd").textContent = act.dataset.touche;
  }
  document.body.classList.toggle("lettres", on);
  byId("touches-choix").hidden = false;
  byId("touches", "input").checked = on;
  for (const act of all(document, "[data-touche]")) {
    mark(act, "aria-keyshortcuts", (on && act.dataset.touche) || "");
  }
}

/** @param {HTMLElement} act opens its question, or acts */
function press(act) {
  const question = act.matches("summary") && act.parentElement;
  if (!(question instanceof HTMLDetailsElement)) {
    act.click();
    return;
  }
  if (!act.closest(".touches")) {
    question.open = !question.open;
    return;
  }
  for (const other of all(document, ".touches details[open]")) other.open = false;
  question.open = true;
  find(question, "select, input:not([type=hidden])").focus();
}

show();
new MutationObserver(show).observe(find(document, "main"), { childList: true }); // follow.js puts it in place anew
document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.id !== "touches") return;
  on = target.checked;
  show();
  try {
    localStorage.setItem(STORED, on ? "oui" : OFF);
  } catch {
    // It will be asked again on the next page.
  }
});
document.addEventListener("keydown", (event) => {
  const elsewhere = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat || event.isComposing;
  if (!on || elsewhere || (event.target instanceof Element && event.target.closest(FIELDS))) return;
  const [, digit] = /^(?:Digit|Numpad)(\d)$/.exec(event.code) || []; // whatever a keyboard writes with it
  const key = digit || event.key.toUpperCase();
  const act = all(document, "[data-touche]").find((one) => one.dataset.touche === key && one.getClientRects().length);
  if (!act) return;
  event.preventDefault();
  press(act);
});
