/**
 * The page of a parcours follows its sending: when something happened, its content is fetched again, without reloading.
 * Nothing is taken from under the hands of somebody who types: the page says that there is news, and waits.
 */

import "./agent.js";
import { all, byId, find, first } from "./dom.js";
import { callJson, refusalOf } from "./http.js";

const SOON_MS = 2_000;
const LATEST_MS = 15_000;
const SLOWER = 1.3;
const FINAL = ["refuse", "remis", "expire", "revoque", "efface"];
const CUT = "La connexion s’est coupée : cette page se remettra à jour d’elle-même.";
const SIGNED_OUT = "Votre session a expiré : rechargez la page pour savoir où en est l’envoi.";
const STOPPED = "Cette page ne se met plus à jour : rechargez-la pour savoir où en est l’envoi.";
const WAITS = "Il y a du nouveau. Cette page se mettra à jour dès que vous aurez fini votre saisie, ou si vous la rechargez.";
const FOLLOWED = "Cette page se met à jour d’elle-même.";

/** @typedef {import("./delivery.js").Progress & {depuis?: string}} Progress */

/** @type {string} what was last known of the sending */
let known = "";
let wait = SOON_MS;
let timer = 0;
let asking = false;

/** @param {Progress} progress */
function summary({ etat, envoi, depuis, documents }) {
  return JSON.stringify([etat, envoi, depuis, documents.map((paper) => [paper.etat, paper.message])]);
}

/** Look once, then plan the next look, unless there is nothing more to see. */
async function look() {
  const followed = first(document, "#suivi");
  if (asking || document.hidden || !followed) return;
  asking = true;
  let goOn = true;
  try {
    /** @type {{data: Progress}} */
    const { data } = await callJson("GET", `/depots/${followed.dataset.depot}`);
    const now = summary(data);
    const news = known ? now !== known : data.etat !== followed.dataset.etat;
    if (news && isTyping()) {
      tell(WAITS);
      wait = SOON_MS;
    } else {
      if (news) {
        goOn = await refresh();
        wait = SOON_MS;
      }
      known = now;
      goOn = goOn && !FINAL.includes(data.etat);
      tell(goOn ? FOLLOWED : "");
    }
  } catch (error) {
    const refusal = refusalOf(error);
    goOn = refusal.passing && refusal.status !== 401;
    tell(goOn ? CUT : refusal.status === 401 ? SIGNED_OUT : STOPPED);
  } finally {
    asking = false;
  }
  if (goOn) plan();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
  wait = Math.min(wait * SLOWER, LATEST_MS);
}

/** Fetch this very page and put its content in place. @returns {Promise<boolean>} whether it still follows a sending */
async function refresh() {
  const response = await fetch(location.pathname, { credentials: "same-origin", cache: "no-store", headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = first(page, "main");
  if (!fresh || !first(fresh, "#suivi")) return false;
  find(document, ".planche").replaceWith(find(page, ".planche"));
  swap(fresh);
  const state = first(document, "#etat");
  byId("annonce").textContent = state ? `L’envoi : ${state.textContent.trim()}` : "";
  return true;
}

/** @returns {boolean} whether somebody is in a field of the page, or has put something into one */
function isTyping() {
  return all(document, "main :is(input:not([type=hidden]), select, textarea)").some((field) => field === document.activeElement || isChanged(field));
}

/** @param {HTMLElement} field @returns {boolean} */
function isChanged(field) {
  if (field instanceof HTMLSelectElement) return [...field.options].some(({ selected, defaultSelected, value }) => selected !== defaultSelected && value);
  if (field instanceof HTMLInputElement && ["radio", "checkbox"].includes(field.type)) return field.checked !== field.defaultChecked;
  return (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) && field.value !== field.defaultValue;
}

/**
 * The line that speaks stays in place, what was unfolded stays so, and the keyboard stays where it was. What destroys is
 * folded again: it must be decided on what the page says now.
 * @param {Element} fresh
 */
function swap(fresh) {
  const main = find(document, "main");
  const open = all(main, "details[open]:not([data-detruit]) > summary").map(titled);
  const focused = nameOf(document.activeElement);
  for (const node of [...main.childNodes]) if (node !== byId("annonce")) node.remove();
  main.append(...[...fresh.childNodes].filter((node) => !(node instanceof Element && node.id === "annonce")));
  for (const folded of all(main, "details")) folded.open = open.includes(titled(find(folded, "summary")));
  const again = focused && all(main, "a, button, summary").find((element) => nameOf(element) === focused);
  if (again) again.focus({ preventScroll: true });
}

/** @param {Element} line of a folded part @returns {string} what it says, whatever it counts */
const titled = (line) => line.textContent.replace(/\d+/g, "");

/** @param {Element | null} element @returns {string} what makes it the same one on the next page */
function nameOf(element) {
  if (!element || !element.matches("main a, main button, main summary, a, button, summary")) return "";
  const form = element.closest("form");
  return [element.tagName, element.textContent.trim(), form ? form.getAttribute("action") : ""].join("|");
}

/** @param {string} text said under the state, "" for nothing */
function tell(text) {
  const line = first(document, "#suivi-dit");
  if (!line) return;
  line.hidden = !text;
  line.textContent = text;
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  wait = SOON_MS;
  if (!document.hidden && started()) look();
});

/** @returns {boolean} whether there is a sending that may still change */
function started() {
  const followed = first(document, "#suivi");
  return Boolean(followed && "vivant" in followed.dataset);
}

if (started()) {
  tell(FOLLOWED);
  plan();
}
