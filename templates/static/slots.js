/** Dates that the company proposes: one to five, each a day, an hour and a length, in Paris time. */

import { act, goToAnswers } from "./act.js";
import { byId, copy, once, say, tell, tellField } from "./dom.js";
import { day, moment, typeset } from "./french.js";

const MOST = 5;
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
    line.textContent = typeset(`${moment(debut)}, ${minutes} minutes${lieu === "fiche" ? "" : ", en visio"}`);
    list.append(line);
  }
  const others = part.querySelector("#autres-dates");
  if (redo) others.addEventListener("click", redo);
  else others.parentElement.remove();
  place.append(part);
}

/** The form. @param {import("./act.js").Host} host @param {string} title @param {boolean} [again] others stand already */
export function addSlots(host, title, again = false) {
  const { view, place } = host;
  place.append(copy("t-creneaux", {
    titre: title, nom: view.expediteur.nom, adresse_fiche: view.adresse_fiche || "", vacances: holidays(view.vacances), retour: again,
  }));
  addDate(view);
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
    const creneaux = dates().map((one) => ({ debut: `${value(one, "jour")}T${value(one, "heure")}`, minutes: Number(value(one, "duree")), lieu }));
    const seen = byId("feries-vus").checked || dates().some((one) => one.querySelector("[data-ferie] input").checked);
    await act(host, "creneaux", { creneaux, ...(seen ? { feries_vus: true } : {}) }, refused);
  });
}

/** @param {string} message @param {import("./http.js").Refusal | null} refusal */
function refused(message, refusal) {
  tell("creneaux-refus", "");
  if (!refusal) return;
  const rank = Number.isInteger(refusal.told.rang) ? refusal.told.rang + 1 : 1;
  if (refusal.code === "holiday_unseen") {
    tell("creneaux-refus", message);
    byId("ferie-inconnu").hidden = false;
    byId("feries-vus").focus();
  } else if (refusal.field === "lieu") wrong("visio-lien", message);
  else if (refusal.field === "debut") wrong(`jour-${Math.min(rank, dates().length)}`, message);
  else tell("creneaux-refus", message);
}

/** What a person can be told before anything leaves. @param {import("./retrieve.js").View} view @returns {boolean} */
function check(view) {
  const faults = [];
  const now = parisNow();
  for (const [place, one] of dates().entries()) {
    const n = place + 1, chosen = value(one, "jour"), hour = value(one, "heure");
    const free = one.querySelector("[data-ferie] input");
    let wrongDay = "", wrongHour = "";
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
  if (before) {
    part.querySelector("[data-heure]").value = value(before, "heure");
    part.querySelector("[data-duree]").value = value(before, "duree");
  }
  const chosen = part.querySelector("[data-jour]");
  chosen.min = parisNow().slice(0, 10);
  chosen.addEventListener("change", () => remark(part, view));
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

/** Public holidays want a yes, school holidays are only said; as soon as the day is chosen. @param {HTMLElement} part */
function remark(part, view) {
  const chosen = value(part, "jour"), free = isPublicHoliday(view, chosen);
  const school = (view.vacances || []).find(({ du, au }) => chosen >= du && chosen <= au);
  const note = part.querySelector("[data-note]");
  note.textContent = typeset(free ? `${day(`${chosen}T12:00:00Z`)} est un jour férié.` : school ? `Vacances scolaires : ${span(school)}.` : "");
  note.classList.toggle("ferie", free);
  part.querySelector("[data-ferie]").hidden = !free;
  part.querySelector("[data-ferie] input").checked = false;
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
  byId("envoyer-dates").textContent = all.length > 1 ? `Envoyer mes ${all.length} dates` : "Envoyer ma date";
}

/** @returns {HTMLElement[]} */
const dates = () => [...byId("dates").children];

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
