/** Dates that the company proposes: one to five, each a day, an hour and a length, in Paris time. */

import { act, goToAnswers } from "./act.js";
import { byId, copy, once, say, tell, tellField } from "./dom.js";
import { capital, day, moment, typedHour, typeset } from "./french.js";

const MOST = 5;
const AT_FIRST = 2; // what is left empty is not sent
const USUAL_HOUR = "10:00";
const PATTERN = /-\d+(?=-|$)/;
const NUMBERED = ["id", "for", "aria-describedby"];

/** The dates that wait for somebody's choice. @param {import("./act.js").Host} host @param {(() => void) | null} redo when others may come */
export function addWaiting(host, redo) {
  const { view, place } = host;
  const avant = view.reponse_avant ? day(view.reponse_avant) : "";
  const part = copy("t-proposees", { nom: view.expediteur.nom, avant, autres: Boolean(redo) });
  const list = part.querySelector("[data-liste]");
  for (const { debut, minutes, lieu } of view.creneaux) {
    const line = document.createElement("li");
    line.textContent = typeset(`${moment(debut)}, ${minutes}\u00a0minutes${lieu === "fiche" ? "" : ", en visio"}`);
    list.append(line);
  }
  const others = part.querySelector("#autres-dates");
  if (redo) others.addEventListener("click", redo);
  else others.parentElement.remove();
  place.append(part);
}

/**
 * The form. @param {import("./act.js").Host} host @param {string} title
 * @param {{yours?: boolean, again?: boolean}} how `yours`: dates are awaited; `again`: there is something to come back to
 */
export function addSlots(host, title, { yours = false, again = false }) {
  const { view, place } = host;
  place.append(copy("t-creneaux", {
    titre: title, nom: view.expediteur.nom, adresse_fiche: view.adresse_fiche || "", vacances: holidays(view.vacances), retour: again,
    promis: view.promis ? day(`${view.promis}T12:00:00Z`) : "",
  }));
  if (host.view.attendu !== "autres_dates") byId("creneaux").querySelector("[data-avant]").remove();
  byId("creneaux").classList.toggle("autre", !yours);
  if (!yours) byId("creneaux").querySelector(".sur").textContent = "Si vous le souhaitez";
  for (let n = 0; n < AT_FIRST; n += 1) addDate(view);
  byId("ajouter-date").addEventListener("click", () => {
    const added = addDate(view);
    say(`Date ${dates().length} ajoutée`);
    added.querySelector("[data-jour]").focus();
  });
  once(byId("garder-dates"), "click", async () => {
    await host.again();
    goToAnswers();
  });
  byId("lieu-champ").addEventListener("change", () => {
    byId("visio").hidden = chosenPlace() === "fiche";
  });
  once(byId("creneaux-form"), "submit", async () => {
    if (!check(view)) return;
    const lieu = chosenPlace() === "fiche" ? "fiche" : byId("visio-lien").value.trim();
    const creneaux = given().map((one) => ({ debut: `${value(one, "jour")}T${value(one, "heure")}`, minutes: Number(value(one, "duree")), lieu }));
    const seen = byId("feries-vus").checked || given().some((one) => one.querySelector("[data-ferie] input").checked);
    await act(host, "creneaux", { creneaux, vues: view.creneaux.map((one) => one.debut), ...(seen ? { feries_vus: true } : {}) }, refused);
  });
}

/** @param {string} message @param {import("./http.js").Refusal | null} refusal */
function refused(message, refusal) {
  tell("creneaux-refus", "");
  if (!refusal) return;
  const refusedDate = given()[refusal.told.rang || 0] || dates()[0];
  if (refusal.code === "holiday_unseen") {
    tell("creneaux-refus", message);
    byId("ferie-inconnu").hidden = false;
    byId("feries-vus").focus();
  } else if (refusal.field === "lieu") wrong("visio-lien", message);
  else if (refusal.field === "debut") wrong(refusedDate.querySelector("[data-jour]").id, message);
  else tell("creneaux-refus", message);
}

/** What a person can be told before anything leaves. @param {import("./retrieve.js").View} view @returns {boolean} */
function check(view) {
  const faults = [];
  const now = parisNow();
  const sent = given();
  for (const [place, one] of dates().entries()) {
    const n = place + 1, chosen = value(one, "jour"), hour = value(one, "heure");
    const free = one.querySelector("[data-ferie] input");
    let wrongDay = "", wrongHour = "";
    if (!sent.includes(one)) {
      tellField(`jour-${n}`, "");
      tellField(`heure-${n}`, "");
      continue;
    }
    if (!chosen) wrongDay = "Donnez le jour de la rencontre.";
    else if (chosen < now.slice(0, 10)) wrongDay = "Ce jour est passé. Choisissez un jour à venir.";
    else if (isPublicHoliday(view, chosen) && !free.checked) wrongDay = "C’est un jour férié. Cochez pour le garder, ou choisissez un autre jour.";
    if (!hour) wrongHour = "Donnez l’heure, comme 14:30.";
    else if (!wrongDay && `${chosen}T${hour}` <= now) wrongHour = "Cette heure est passée. Choisissez-en une à venir.";
    tellField(`jour-${n}`, wrongDay);
    tellField(`heure-${n}`, wrongHour);
    if (wrongDay) faults.push(`jour-${n}`);
    if (wrongHour) faults.push(`heure-${n}`);
  }
  const link = byId("visio-lien").value.trim();
  const wrongLink = chosenPlace() !== "fiche" && !/^https:\/\/[^\s/]+\.[^\s]+$/i.test(link);
  tellField("visio-lien", wrongLink ? "Collez le lien entier de la visio : il commence par https://" : "");
  if (wrongLink) faults.push("visio-lien");
  if (faults.length) byId(faults[0]).focus();
  return !faults.length;
}

/** @param {import("./retrieve.js").View} view @returns {HTMLElement} one more date, at the hour and for the length of the one before */
function addDate(view) {
  const before = dates().at(-1);
  const part = copy("t-date", {}).firstElementChild;
  part.querySelector("[data-heure]").value = before ? value(before, "heure") : USUAL_HOUR;
  if (before) part.querySelector("[data-duree]").value = value(before, "duree");
  const chosen = part.querySelector("[data-jour]");
  chosen.min = parisNow().slice(0, 10);
  chosen.addEventListener("change", () => {
    part.querySelector("[data-ferie] input").checked = false;
    remark(part, view);
    count();
  });
  part.querySelector("[data-heure]").addEventListener("change", () => {
    remark(part, view);
    // What is still empty below is at the same hour until it is said otherwise.
    for (const next of dates().slice(dates().indexOf(part) + 1)) {
      if (!value(next, "jour")) next.querySelector("[data-heure]").value = value(part, "heure");
    }
  });
  part.querySelector("[data-retirer]").addEventListener("click", () => {
    const gone = dates().indexOf(part);
    part.remove();
    number();
    say(`Date ${gone + 1} retirée`);
    dates()[Math.min(gone, dates().length) - 1].querySelector("[data-jour]").focus();
  });
  byId("dates").append(part);
  number();
  return part;
}

/** The date as it will be read; public holidays want a yes, school holidays are only said. @param {HTMLElement} part */
function remark(part, view) {
  const chosen = value(part, "jour"), free = isPublicHoliday(view, chosen);
  const school = (view.vacances || []).find(({ du, au }) => chosen >= du && chosen <= au);
  const note = part.querySelector("[data-note]"), named = chosen && capital(day(`${chosen}T12:00:00Z`)), at = value(part, "heure");
  const date = named && at ? `${named}, ${typedHour(at)}.` : "";
  note.textContent = typeset(free ? `${named} est un jour férié.` : school ? `${date} Vacances scolaires : ${span(school)}.` : date);
  note.classList.toggle("ferie", free);
  part.querySelector("[data-ferie]").hidden = !free;
}

/** Each date knows its place in the row. */
function number() {
  const all = dates();
  for (const [place, one] of all.entries()) {
    for (const node of one.querySelectorAll("[data-n]")) node.textContent = String(place + 1);
    for (const node of one.querySelectorAll("[id], [for]")) {
      for (const name of NUMBERED) {
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace(PATTERN, `-${place + 1}`));
      }
    }
    one.querySelector("[data-retirer]").hidden = place === 0;
  }
  byId("ajouter-date").parentElement.hidden = all.length >= MOST;
  byId("assez").hidden = all.length < MOST;
  count();
}

function count() {
  const chosen = dates().filter((one) => value(one, "jour")).length;
  byId("envoyer-dates").textContent = ["Envoyer mes dates", "Envoyer ma date"][chosen] || `Envoyer mes ${chosen} dates`;
}

/** @returns {HTMLElement[]} */
const dates = () => [...byId("dates").children];

/** @returns {HTMLElement[]} those whose day is chosen; the first one, of which it is said, where there is none */
function given() {
  const chosen = dates().filter((one) => value(one, "jour"));
  return chosen.length ? chosen : dates().slice(0, 1);
}

/** @param {HTMLElement} part @param {"jour" | "heure" | "duree"} name @returns {string} */
const value = (part, name) => part.querySelector(`[data-${name}]`).value;

const chosenPlace = () => byId("lieu-champ").querySelector(":checked").value;

const isPublicHoliday = (view, chosen) => (view.feries || []).includes(chosen);

/** @param {string} name @param {string} message */
function wrong(name, message) {
  tellField(name, message);
  byId(name).focus();
}

/** @returns {string} « 2027-03-09T14:05 », what clocks show in Paris */
function parisNow() {
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", dateStyle: "short", timeStyle: "short" });
  return shown.format(new Date()).replace(" ", "T");
}

/** @param {{nom: string, du: string, au: string}} of @returns {string} « Noël, du samedi 19 décembre au dimanche 3 janvier » */
const span = ({ nom, du, au }) => `${nom ? `${nom}, ` : ""}du ${day(`${du}T12:00:00Z`)} au ${day(`${au}T12:00:00Z`)}`;

/** @param {{nom: string, du: string, au: string}[]} all @returns {string} */
function holidays(all) {
  return (all || []).length ? `${all.map(span).join(" ; ")}.` : "";
}
