/** What the company answers on its page, as it stands now: dates, meeting, refusal, colleague, copies. Empty before the proof. */

import { act, allowed, goToAnswers } from "./act.js";
import { addColleague, addPassing, tellColleague } from "./colleague.js";
import { addDecline, addDeclined } from "./decline.js";
import { addLines, byId, copy, find, goTo, once, tell } from "./dom.js";
import { momentInSentence, theDocuments } from "./french.js";
import { addMeeting } from "./meeting.js";
import { addSlots, addWaiting } from "./slots.js";

const FIRST_DATES = "Quand pouvez-vous rencontrer le jeune ?";
const OTHER_DATES = "Proposez d’autres dates";
const ASKED = "La demande est partie";

/** @type {Record<string, [string, (nom: string) => string]>} what the page says where nothing is awaited of its reader: title, text */
const NEWS = {
  manque: ["Le rendez-vous n’a pas eu lieu", (nom) => `${nom} voit la suite avec vous. Vous pouvez déjà proposer des dates.`],
  envoi: ["Un nouvel envoi est attendu", (nom) => `${nom} en recevra un message et peut faire un nouvel envoi. Un autre message vous arrivera alors, avec un nouveau lien.`],
  convention: ["Le rendez-vous a eu lieu", (nom) => `L’entreprise, le jeune ou sa famille et l’établissement signent une convention de stage, avant l’arrivée du jeune. Une question ? Écrivez à ${nom}.`],
  stage: ["La convention est signée", (nom) => `Vous n’avez rien à faire ici. ${nom} suit le stage avec vous.`],
  garde: ["Vous n’avez rien à faire ici", (nom) => `${nom} voit la suite avec l’entreprise.`],
  arrete: ["L’accueil est arrêté pour l’instant", () => "S’il y avait un rendez-vous, il est annulé. Si l’accueil reprend, un nouveau message vous arrive."],
  termine: ["Le suivi de cet accueil est terminé", () => "Rien d’autre ne vous arrivera par ce lien."],
};

/**
 * Draw the answers. What may not be done now is not on the page at all, not even hidden.
 * @param {import("./act.js").Host} host @param {import("./act.js").Note} [note] what has just happened
 */
export function showAnswers(host, note) {
  const { place, rest, view } = host;
  const may = allowed(view);
  place.replaceChildren();
  rest.replaceChildren();
  if (!view.prouve) return;
  if (note) place.append(copy(note.template, { texte: note.texte }));
  if (view.refus) addDeclined(host, view.refus);
  else if (view.attendu === "refuse_ailleurs") place.append(copy("t-decline-ailleurs", {}));
  else if (NEWS[view.attendu] && !(host.told && view.attendu === "envoi")) addNews(host, ...NEWS[view.attendu]);
  if (may("copies")) addCopies(host);
  if (view.copies) place.append(copy("t-copies-faites", { le: momentInSentence(view.copies) }));
  if (view.collegue && view.etat !== "revoque") tellColleague(host, view.collegue); // else the page itself says so
  const other = may("creneaux") ? () => redo(host) : null;
  if (view.rendez_vous) addMeeting(host, view.rendez_vous, may("rendez_vous"), view.creneaux?.length ? null : other);
  if (view.creneaux?.length) addWaiting(host, other);
  else if (!view.rendez_vous && !host.unopened && may("creneaux")) {
    if (view.attendu === "dates") addSlots(host, FIRST_DATES, { yours: true });
    else if (view.attendu === "autres_dates") addSlots(host, OTHER_DATES, { yours: true });
    else if (view.attendu === "lire") addInvitation(host);
    else offerDates(host);
  }
  if (view.acheteuse && may("remplace")) addPassing(host);
  if (may("remplace")) addColleague({ ...host, place: rest }, "remplace");
  else if (may("aussi")) addColleague({ ...host, place: rest }, "aussi");
  else if (view.peut_demander && may("creneaux")) rest.append(copy("t-autre-personne", { quoi: theDocuments(view.documents), nom: view.expediteur.nom }));
  if (may("refus")) addDecline({ ...host, place: rest });
  if (view.demandes.length) addDemands(host);
  if (note) goToAnswers();
}

/** @param {import("./act.js").Host} host @param {string} title @param {(name: string) => string} text */
function addNews(host, title, text) {
  const part = copy("t-nouvelle", { texte: text(host.view.expediteur.nom) });
  find(part, "h2").textContent = host.view.demande && host.view.attendu === "envoi" ? ASKED : title;
  host.place.append(part);
}

/** Somebody else is awaited, and dates may be proposed all the same. @param {import("./act.js").Host} host */
function offerDates(host) {
  host.place.append(copy("t-dates-aussi", {}));
  byId("passer-aux-dates").addEventListener("click", () => redo(host));
}

/** Only a press away, while something else is to be pressed first. @param {import("./act.js").Host} host */
function addInvitation(host) {
  host.place.append(copy("t-passer-aux-dates", { nom: host.view.expediteur.nom }));
  byId("passer-aux-dates").addEventListener("click", () => redo(host, FIRST_DATES));
}

/** The form, alone. @param {import("./act.js").Host} host @param {string} [title] */
function redo(host, title = OTHER_DATES) {
  host.place.replaceChildren();
  host.rest.replaceChildren();
  addSlots(host, title, { again: true });
  goTo(find(host.place, "h2"));
}

/** What else waits at the same address: to be told of, each link is in its own message. @param {import("./act.js").Host} host */
function addDemands({ rest, view }) {
  const part = copy("t-demandes", {});
  addLines(part, view.demandes);
  rest.append(part);
}

/** @param {import("./act.js").Host} host */
function addCopies(host) {
  host.place.append(copy("t-copies", {}));
  once(byId("copies"), "click", () => act(host, "copies", {}, (message) => tell("copies-refus", message)));
}
