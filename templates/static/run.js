/**
 * The keys of the RUN: one letter for each act, unless a field has the keyboard or the person turned them off.
 * Escape closes a question, from its fields too.
 */

import "./agent.js";
import { all, byId, find, first, mark } from "./dom.js";

const STORED = "touches-du-run";
const OFF = "non";
const FIELDS = "select, textarea, input:not([type=radio]):not([type=checkbox])";
const OPEN = "details.carte[open], .touches details[open]";
const box = byId("touches", "input");
const keyed = all(document, "[data-touche]");

/** @param {EventTarget | null} target @returns {boolean} whether letters are typed there */
const isField = (target) => target instanceof Element && Boolean(target.closest(FIELDS));

/** What was chosen last time; browsers may refuse to remember. */
function remembered() {
  try {
    return localStorage.getItem(STORED) !== OFF;
  } catch {
    return true;
  }
}

/** Letters are shown, and announced, only while they do something. */
function show() {
  document.body.classList.toggle("lettres", box.checked);
  for (const act of keyed) {
    mark(act, "aria-keyshortcuts", (box.checked && act.dataset.touche) || "");
  }
}

/** @param {HTMLElement} act opens its question, or acts */
function press(act) {
  const question = act.matches("summary") && act.parentElement;
  if (!(question instanceof HTMLDetailsElement)) {
    act.click();
    return;
  }
  for (const other of all(document, OPEN)) other.open = false;
  question.open = true;
  find(question, "select, input:not([type=hidden])").focus();
}

box.checked = remembered();
byId("touches-choix").hidden = false;
show();
box.addEventListener("change", () => {
  show();
  try {
    localStorage.setItem(STORED, box.checked ? "oui" : OFF);
  } catch {
    // It will be asked again on the next page.
  }
});
document.addEventListener("keydown", (event) => {
  const question = event.key === "Escape" && first(document, OPEN);
  if (question) {
    question.open = false;
    find(question, "summary").focus();
    return;
  }
  const elsewhere = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat || event.isComposing;
  if (!box.checked || elsewhere || isField(event.target)) return;
  const act = keyed.find(({ dataset }) => dataset.touche === event.key.toUpperCase());
  if (!act) return;
  event.preventDefault();
  press(act);
});
