/** Dates that the company proposes: one to five, each a day, an hour and a length, in Paris time. */

import { act, goToAnswers } from "./act.js";
import { addLines, all, byId, checked, copy, find, first, once, say, tell, tellField } from "./dom.js";
import { capital, day, lastDay, momentInSentence, typedHour } from "./french.js";

const MOST = 5;
const AT_FIRST = 2; // what is left empty is not sent
const USUAL_HOUR = "10:00";
const PATTERN = /-\d+(?=-|$)/;
const NUMBERED = ["id", "for", "aria-describedby"];

/** @typedef {import("./retrieve.js").View} View */

/** The dates that wait for somebody's choice. @param {import("./act.js").Host} host @param {(() => void) | null} redo when others may come */
export function addWaiting(host, redo) {
  const { view, place } = host;
  const avant = view.reponse_avant ? lastDay(view.reponse_avant) : "";
  const part = copy("t-proposees", { nom: view.expediteur.nom, avant, autres: Boolean(redo), accueil: view.creneaux[0].accueil });
  addLines(part, view.creneaux.map(
    ({ debut, minutes, lieu }) => `${momentInSentence(debut)} (${minutes}\u00a0min)${lieu === "fiche" ? "" : ", en visio"}`,
  ));
  const others = find(part, "#autres-dates");
  if (redo) others.addEventListener("click", redo);
  else others.parentElement?.remove();
  place.append(part);
}

/**
 * The form. @param {import("./act.js").Host} host @param {string} title
 * @param {{yours?: boolean, again?: boolean}} how `yours`: dates are awaited; `again`: there is something to come back to
 */
export function addSlots(host, title, { yours = false, again = false }) {
  const { view, place } = host;
  place.append(copy("t-creneaux", {
    titre: title, avant: view.attendu === "autres_dates", nom: view.expediteur.nom, adresse_fiche: view.adresse_fiche || "", vacances: holidays(view.vacances), retour: again, remplace: view.creneaux.length,
    promis: view.promis ? day(`${view.promis}T12:00:00Z`) : "",
  }));
  byId("creneaux").classList.toggle("autre", !yours);
  if (!yours) find(byId("creneaux"), ".sur").textContent = "Si vous le souhaitez";
  for (let n = 0; n < Math.max(AT_FIRST, view.creneaux.length); n += 1) fillDate(addDate(view), view, view.creneaux[n]);
  view.accueil.forEach(addWelcomeField);
  byId("ajouter-date").addEventListener("click", () => {
    const added = addDate(view);
    say(`Date ${dates().length} ajoutée`);
    find(added, "[data-jour]").focus();
  });
  once(byId("garder-dates"), "click", async () => {
    await host.again();
    goToAnswers();
  });
  byId("lieu-champ").addEventListener("change", () => {
    byId("visio").hidden = !isOnline();
    byId("accueil").hidden = isOnline();
  });
  const where = view.creneaux[0]?.lieu || "fiche";
  if (where !== "fiche") {
    byId("visio-lien", "input").value = where;
    find(byId("lieu-champ"), "input[value=lien]").click();
  }
  once(byId("creneaux-form"), "submit", async () => {
    if (!check(view)) return;
    const lieu = isOnline() ? meetingLink() : "fiche";
    const creneaux = given().map((date) => ({ debut: `${value(date, "jour")}T${value(date, "heure")}`, minutes: Number(value(date, "duree")), lieu }));
    const seen = byId("feries-vus", "input").checked || given().some((date) => keepsHoliday(date).checked);
    const accueil = Object.fromEntries(view.accueil.map(({ nom }, n) => [nom, welcomeInput(n).value]));
    const vues = view.creneaux.map((slot) => slot.debut);
    await act(host, "creneaux", { creneaux, vues, accueil, ...(seen ? { feries_vus: true } : {}) }, (message, refusal) => refused(view, message, refusal));
  });
}

/** What there is to know for the day, each of it optional. @param {import("./retrieve.js").WelcomeField} field @param {number} n */
function addWelcomeField({ titre, choix, valeur }, n) {
  const part = copy("t-accueil", { titre });
  setNumber(part, n);
  byId("accueil").append(part);
  if (!choix.length) welcomeInput(n).replaceWith(Object.assign(document.createElement("input"), { id: `accueil-${n}`, maxLength: 60 }));
  for (const [code, label] of choix) welcomeInput(n).append(new Option(label, code));
  welcomeInput(n).value = valeur;
}

/** @param {number} n @returns {HTMLSelectElement} or the input of its one text */
const welcomeInput = (n) => /** @type {HTMLSelectElement} */ (byId(`accueil-${n}`));

/** @param {View} view @param {string} message @param {import("./http.js").Refusal | null} refusal */
function refused(view, message, refusal) {
  tell("creneaux-refus", "");
  if (!refusal) return;
  const n = view.accueil.findIndex(({ nom }) => nom === refusal.field);
  const refusedDate = given()[refusal.told.rang || 0] || dates()[0];
  if (refusal.code === "holiday_unseen") {
    tell("creneaux-refus", message);
    byId("ferie-inconnu").hidden = false;
    byId("feries-vus").focus();
  } else if (refusal.field === "lieu") wrong("visio-lien", message);
  else if (refusal.field === "debut") wrong(find(refusedDate, "[data-jour]").id, message);
  else if (n >= 0) {
    byId("accueil", "details").open = true;
    wrong(`accueil-${n}`, message);
  }
  else tell("creneaux-refus", message);
}

/** What a person can be told before anything leaves. @param {View} view @returns {boolean} */
function check(view) {
  const faults = [];
  const now = paris(new Date());
  const sent = given();
  for (const [place, date] of dates().entries()) {
    const n = place + 1, chosen = value(date, "jour"), hour = value(date, "heure");
    let wrongDay = "", wrongHour = "";
    if (!sent.includes(date)) continue;
    if (!chosen) wrongDay = "Donnez le jour du rendez-vous.";
    else if (chosen < now.slice(0, 10)) wrongDay = "Ce jour est passé. Choisissez un jour à venir.";
    else if (isPublicHoliday(view, chosen) && !keepsHoliday(date).checked) wrongDay = "C’est un jour férié. Cochez pour le garder, ou choisissez un autre jour.";
    if (!hour) wrongHour = "Donnez l’heure, comme 14:30.";
    else if (!wrongDay && `${chosen}T${hour}` <= now) wrongHour = "Cette heure est passée. Choisissez-en une à venir.";
    tellField(`jour-${n}`, wrongDay);
    tellField(`heure-${n}`, wrongHour);
    if (wrongDay) faults.push(`jour-${n}`);
    if (wrongHour) faults.push(`heure-${n}`);
  }
  const link = meetingLink();
  if (isOnline() && !/^https:\/\/[^\s/]+\.[^\s]+$/i.test(link)) {
    tellField("visio-lien", "Collez le lien entier de la visio : il commence par https://");
    faults.push("visio-lien");
  }
  if (faults.length) byId(faults[0]).focus();
  return !faults.length;
}

/** @param {View} view @returns {HTMLElement} one more date, at the hour and for the length of the one before */
function addDate(view) {
  const before = dates().at(-1);
  const part = find(copy("t-date", {}), "*");
  asked(part, "heure").value = before ? value(before, "heure") : USUAL_HOUR;
  if (before) asked(part, "duree").value = value(before, "duree");
  const chosen = find(part, "input[data-jour]");
  chosen.min = paris(new Date()).slice(0, 10);
  chosen.addEventListener("change", () => {
    keepsHoliday(part).checked = false;
    remark(part, view);
    count();
  });
  asked(part, "heure").addEventListener("change", () => {
    remark(part, view);
    // What is still empty below is at the same hour until it is said otherwise.
    for (const next of dates().slice(dates().indexOf(part) + 1)) {
      if (!value(next, "jour")) asked(next, "heure").value = value(part, "heure");
    }
  });
  part.addEventListener("input", () => {
    for (const input of [chosen, asked(part, "heure")]) tellField(input.id, ""); // each may make the other right
  });
  find(part, "[data-retirer]").addEventListener("click", () => {
    const gone = dates().indexOf(part);
    part.remove();
    number();
    say(`Date ${gone + 1} retirée`);
    asked(dates()[Math.min(gone, dates().length) - 1], "jour").focus();
  });
  byId("dates").append(part);
  number();
  return part;
}

/** A date that was sent before, to be kept or changed. @param {HTMLElement} part @param {View} view @param {import("./retrieve.js").Slot} [slot] */
function fillDate(part, view, slot) {
  if (!slot) return;
  const [chosen, hour] = paris(new Date(slot.debut)).split("T");
  asked(part, "jour").value = chosen;
  asked(part, "heure").value = hour;
  asked(part, "duree").value = String(slot.minutes);
  remark(part, view);
  count();
}

/** The date as it will be read; public holidays want a yes, school holidays are only said. @param {HTMLElement} part @param {View} view */
function remark(part, view) {
  const chosen = value(part, "jour"), free = isPublicHoliday(view, chosen);
  const school = view.vacances.find(({ du, au }) => chosen >= du && chosen <= au);
  const note = find(part, "[data-note]"), named = chosen && capital(day(`${chosen}T12:00:00Z`)), at = value(part, "heure");
  const date = named && at ? `${named}, ${typedHour(at)}.` : "";
  note.textContent = free ? `${named} est un jour férié.` : school ? `${date} Vacances scolaires : ${span(school)}.` : date;
  note.classList.toggle("ferie", free);
  find(part, "[data-ferie]").hidden = !free;
}

/** Each date knows its place in the row. */
function number() {
  const listed = dates();
  for (const [place, date] of listed.entries()) {
    for (const node of all(date, "[data-n]")) node.textContent = String(place + 1);
    setNumber(date, place + 1);
    find(date, "[data-retirer]").hidden = place === 0;
  }
  /** @type {HTMLElement} */ (byId("ajouter-date").parentElement).hidden = listed.length >= MOST;
  byId("assez").hidden = listed.length < MOST;
  count();
}

/** Make the ids within a copy its own, and what refers to them. @param {ParentNode} part @param {number} n */
function setNumber(part, n) {
  for (const node of all(part, "[id], [for]")) {
    for (const name of NUMBERED) {
      const named = node.getAttribute(name);
      if (named !== null) node.setAttribute(name, named.replace(PATTERN, `-${n}`));
    }
  }
}

function count() {
  const chosen = dates().filter((date) => value(date, "jour")).length;
  byId("envoyer-dates").textContent = ["Envoyer mes dates", "Envoyer ma date"][chosen] || `Envoyer mes ${chosen} dates`;
}

/** @returns {HTMLElement[]} */
const dates = () => all(byId("dates"), ":scope > *");

/** @param {HTMLElement} date @returns {HTMLInputElement} that its day is kept, though it is a public holiday */
const keepsHoliday = (date) => find(date, "[data-ferie] input");

/** @returns {HTMLElement[]} those whose day is chosen; the first one, of which it is said, where there is none */
function given() {
  const chosen = dates().filter((date) => value(date, "jour"));
  return chosen.length ? chosen : dates().slice(0, 1);
}

/** @param {HTMLElement} part @param {"jour" | "heure" | "duree"} name @returns {HTMLInputElement | HTMLSelectElement} */
const asked = (part, name) => first(part, `input[data-${name}]`) || find(part, `select[data-${name}]`);

/** @param {HTMLElement} part @param {"jour" | "heure" | "duree"} name @returns {string} */
const value = (part, name) => asked(part, name).value;

const isOnline = () => checked(byId("lieu-champ"))?.value === "lien";

const meetingLink = () => byId("visio-lien", "input").value.trim();

/** @param {View} view @param {string} chosen a day */
const isPublicHoliday = (view, chosen) => view.feries.includes(chosen);

/** @param {string} name @param {string} message */
function wrong(name, message) {
  tellField(name, message);
  byId(name).focus();
}

/** @param {Date} at @returns {string} « 2027-03-09T14:05 », what clocks show in Paris */
function paris(at) {
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", dateStyle: "short", timeStyle: "short" });
  return shown.format(at).replace(" ", "T");
}

/** @param {import("./retrieve.js").Holidays} of @returns {string} « du samedi 19 décembre au dimanche 3 janvier » */
const span = ({ du, au }) => `du ${day(`${du}T12:00:00Z`)} au ${day(`${au}T12:00:00Z`)}`;

/** @param {import("./retrieve.js").Holidays[]} ahead @returns {string} */
function holidays(ahead) {
  return ahead.length ? `${ahead.map(span).join(" ; ")}.` : "";
}
