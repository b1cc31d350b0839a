/**
 * The page of a parcours follows what happens: its content is fetched again, without reloading, and one line says what is new.
 * Nothing is taken from under the hands of somebody who types: the line says that there is news, and waits.
 */

import "./agent.js";
import { all, byId, find, first } from "./dom.js";
import { callJson, refusalOf } from "./http.js";

const SOON_MS = 2_000;
const LATEST_MS = 15_000;
const SLOWER = 1.3;
const MOST_NEWS = 3;
const UNTOUCHED_MS = 3_600_000; // a page that nobody touches must not keep its session alive
const CUT = "La connexion s’est coupée : cette page réessaie d’elle-même.";
const SIGNED_OUT = "Votre session a expiré : rechargez la page pour savoir où en est ce parcours.";
const STOPPED = "Cette page ne se met plus à jour : rechargez-la pour savoir où en est ce parcours.";
const WAITS = "Il y a du nouveau. Cette page se mettra à jour dès que vous aurez fini votre saisie, ou si vous la rechargez.";
const FOLLOWED = "";
const PAUSED = "Cette page ne se met plus à jour.";
const STOP = "Ne plus mettre à jour";
const RESUME = "Mettre à jour de nouveau";
const FACTS = ".fil li li > p:first-of-type";

/** @typedef {import("./delivery.js").Progress & {depuis?: string, parcours: number}} Progress `parcours`: its revision */

const line = byId("suivre");
const button = byId("suivi-arret", "button");
/** @type {string} what was last known of the parcours and its sending */
let known = "";
let wait = SOON_MS;
let timer = 0;
let asking = false;
let stopped = false;
let touchedAt = Date.now();

/** @param {Progress} progress */
function summary({ etat, envoi, depuis, documents, parcours }) {
  return JSON.stringify([etat, envoi, depuis, documents.map((paper) => [paper.etat, paper.message]), parcours]);
}

/** @returns {HTMLElement | null} what names the sending, while the parcours may still change */
const followed = () => first(document, "#suivi[data-vivant]");

/** Look once, then plan the next look, unless there is nothing more to see. */
async function look() {
  const sending = followed();
  if (asking || stopped || document.hidden || !sending) return;
  if (Date.now() - touchedAt > UNTOUCHED_MS) return end(STOPPED);
  asking = true;
  try {
    /** @type {{data: Progress}} */
    const { data } = await callJson("GET", `/depots/${sending.dataset.depot}`);
    const now = summary(data);
    const news = known ? now !== known : data.parcours !== Number(sending.dataset.version);
    if (news) wait = SOON_MS;
    if (news && isTyping()) say(WAITS, true);
    else {
      known = now;
      if (news) await refresh();
      else if (line.classList.contains("attn")) say(FOLLOWED);
    }
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.status === 401) end(SIGNED_OUT);
    else if (refusal.passing) say(CUT, true);
    else end(STOPPED);
  } finally {
    asking = false;
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  if (stopped || !followed()) return;
  timer = setTimeout(look, wait);
  wait = Math.min(wait * SLOWER, LATEST_MS);
}

/** Fetch this very page, put its content in place and say what is new. */
async function refresh() {
  const response = await fetch(location.pathname + location.search, { credentials: "same-origin", cache: "no-store", headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = first(page, "main");
  if (!response.ok || response.redirected || !fresh || !first(fresh, "#suivi")) return end(STOPPED);
  const before = all(document, FACTS).map((fact) => fact.textContent);
  find(document, ".planche").replaceWith(find(page, ".planche"));
  swap(fresh);
  const facts = all(document, FACTS).map((fact) => fact.textContent);
  const news = facts.filter((fact) => !before.includes(fact)).slice(0, MOST_NEWS);
  say(`Nouveau : ${news.join("\u202f; ") || `l’envoi, ${find(document, "#etat").textContent.trim()}`}`);
  button.hidden = !followed();
}

/** @returns {boolean} whether somebody is in a field of the page, or has put something into one */
function isTyping() {
  return all(document, "main :is(input:not([type=hidden], #touches), select, textarea)").some((field) => field === document.activeElement || isChanged(field));
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
  for (const node of [...main.childNodes]) if (node !== line) node.remove();
  line.before(...[...fresh.childNodes].filter((node) => !(node instanceof Element && node.id === line.id)));
  for (const folded of all(main, "details")) folded.open ||= open.includes(titled(find(folded, "summary")));
  const again = focused && all(main, "a, button, summary").find((element) => nameOf(element) === focused);
  if (again) again.focus({ preventScroll: true });
}

/** @param {Element} summary of a folded part @returns {string} its title, whatever state and count stand beside it */
const titled = (summary) => (first(summary, "h2") || summary).textContent.replace(/\d+/g, "");

/** @param {Element | null} element @returns {string} what makes it the same one on the next page */
function nameOf(element) {
  if (!element || !element.matches("main a, main button, main summary, a, button, summary")) return "";
  const form = element.closest("form");
  return [element.tagName, element.textContent.trim(), form ? form.getAttribute("action") : ""].join("|");
}

/** @param {string} text said in the line @param {boolean} [careful] whether somebody must act on it */
function say(text, careful = false) {
  line.hidden = false;
  line.classList.toggle("attn", careful);
  byId("suivi-dit").textContent = text;
}

/** Follow no more. @param {string} text why, and what to do */
function end(text) {
  stopped = true;
  button.hidden = true;
  say(text, true);
}

button.addEventListener("click", () => {
  stopped = !stopped;
  button.textContent = stopped ? RESUME : STOP;
  say(stopped ? PAUSED : FOLLOWED);
  wait = SOON_MS;
  if (!stopped) look();
});
for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, () => (touchedAt = Date.now()));
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  wait = SOON_MS;
  if (!document.hidden) look();
});

if (followed()) {
  say(FOLLOWED);
  plan();
}
