/** What the company answers on its page, as it stands now: dates, meeting, refusal, colleague, copies. Empty before the proof. */

import { act, goToAnswers } from "./act.js";
import { addColleague, addPassing, tellColleague } from "./colleague.js";
import { addDecline, addDeclined } from "./decline.js";
import { byId, copy, goTo, once, tell } from "./dom.js";
import { momentInSentence } from "./french.js";
import { addMeeting } from "./meeting.js";
import { addSlots, addWaiting } from "./slots.js";

const FIRST_DATES = "Quand pouvez-vous rencontrer le jeune ?";

/**
 * Draw the answers. What may not be done now is not on the page at all, not even hidden.
 * @param {import("./act.js").Host} host @param {import("./act.js").Note} [note] what has just happened
 */
export function showAnswers(host, note) {
  const { place, rest, view } = host;
  const may = (action) => (view.actions || []).includes(action);
  place.replaceChildren();
  rest.replaceChildren();
  if (!view.prouve) return;
  if (note) place.append(copy(note.template, { texte: note.texte }));
  if (view.refus) addDeclined(host);
  else if (view.refus_ailleurs) place.append(copy("t-decline-ailleurs", {}));
  if (may("copies")) addCopies(host);
  if (view.copies) place.append(copy("t-copies-faites", { le: momentInSentence(view.copies) }));
  if (view.collegue && view.etat !== "revoque") tellColleague(host); // else the page itself says so
  const other = may("creneaux") ? () => redo(host) : null;
  if (view.rendez_vous) addMeeting(host, may("rendez_vous"), view.creneaux?.length ? null : other);
  if (view.creneaux?.length) addWaiting(host, other);
  else if (!view.rendez_vous && !host.unopened && may("creneaux")) {
    if (host.folded) addInvitation(host);
    else addSlots(host, FIRST_DATES, { yours: true });
  }
  if (view.acheteuse && may("remplace")) addPassing(host);
  else if (may("remplace")) addColleague({ ...host, place: rest }, "remplace");
  if (may("aussi")) addColleague({ ...host, place: rest }, "aussi");
  if (may("refus")) addDecline({ ...host, place: rest });
  if (note) goToAnswers();
}

/** Only a press away, while something else is to be pressed first. @param {import("./act.js").Host} host */
function addInvitation(host) {
  host.place.append(copy("t-passer-aux-dates", { nom: host.view.expediteur.nom }));
  byId("passer-aux-dates").addEventListener("click", () => redo(host, FIRST_DATES));
}

/** The form, alone. @param {import("./act.js").Host} host @param {string} [title] */
function redo(host, title = "Proposez d’autres dates") {
  host.place.replaceChildren();
  host.rest.replaceChildren();
  addSlots(host, title, { again: true });
  goTo(host.place.querySelector("h2"));
}

/** @param {import("./act.js").Host} host */
function addCopies(host) {
  host.place.append(copy("t-copies", {}));
  once(byId("copies"), "click", () => act(host, "copies", {}, (message) => tell("copies-refus", message)));
}
