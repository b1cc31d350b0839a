/**
 * The keys of the RUN: one letter for each act, unless a field has the keyboard or the person turned them off.
 * Escape closes a question, from its fields too.
 */

import "./agent.js";
import { byId } from "./dom.js";

const STORED = "touches-du-run";
const OFF = "non";
const FIELDS = "select, textarea, input:not([type=radio]):not([type=checkbox])";
const box = /** @type {HTMLInputElement} */ (byId("touches"));
const keyed = [...document.querySelectorAll("[data-touche]")];

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
  for (const one of keyed) {
    if (box.checked) one.setAttribute("aria-keyshortcuts", one.dataset.touche);
    else one.removeAttribute("aria-keyshortcuts");
  }
}

/** @param {HTMLElement} one opens its question, or acts */
function press(one) {
  if (!one.matches("summary")) {
    one.click();
    return;
  }
  for (const other of document.querySelectorAll(".touches details[open]")) other.open = false;
  one.parentElement.open = true;
  one.parentElement.querySelector("select, input:not([type=hidden])").focus();
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
  const question = event.key === "Escape" && document.querySelector(".touches details[open]");
  if (question) {
    question.open = false;
    question.querySelector("summary").focus();
    return;
  }
  const elsewhere = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat || event.isComposing;
  if (!box.checked || elsewhere || event.target.closest(FIELDS)) return;
  const one = keyed.find((each) => each.dataset.touche === event.key.toUpperCase());
  if (!one) return;
  event.preventDefault();
  press(one);
});
