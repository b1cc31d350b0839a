/** « Nous ne pouvons pas accueillir »: a reason from the list, its confirmation, and 24 hours to come back on it. */

import { act, allowed } from "./act.js";
import { all, byId, checked, copy, fill, find, once, tell, tellField } from "./dom.js";
import { momentInSentence } from "./french.js";
import { ask, fails } from "./question.js";

/** The intent that a mail's second link writes after its token. */
export const DECLINE = "non";

/** @param {import("./act.js").Host} host */
export function addDecline(host) {
  const { view } = host, may = allowed(view);
  const besides = { dates: may("creneaux") && !host.unopened, collegue: may("remplace") || may("aussi") };
  host.place.append(copy("t-refuser", { nom: view.expediteur.nom, restent: view.restent, ...besides }));
  once(byId("refus-form"), "submit", async () => {
    if (isReasonChosen()) await decline(host, (message) => tell("refus-refus", message));
  });
}

/**
 * Whether a browser that has not answered the question yet may say no: what the link still serves for, it learns afterwards.
 * @param {import("./retrieve.js").View} view @returns {boolean}
 */
export const mayDeclineAtOnce = (view) => !view.prouve && view.repond && !view.acheteuse && view.preuve === "adresse";

/** The reason and the link's question on one card, whose button answers both. @param {import("./act.js").Host} host */
export function askWhy(host) {
  const { token, view } = host;
  fill(byId("scene"), { nom: view.expediteur.nom, restent: view.restent, dates: false, collegue: false });
  ask(token, view, {
    isReady: isReasonChosen,
    onRight: () => decline(host, (message) => message && fails(message)),
    onDead: () => host.again(),
    onBlocked: host.blocked,
  });
}

/** @returns {boolean} whether a reason is chosen; else says so, and takes the reader there */
function isReasonChosen() {
  const reasons = byId("motif-champ"), chosen = Boolean(checked(reasons));
  tellField("motif", chosen ? "" : "Choisissez un motif dans la liste.");
  if (!chosen) find(reasons, "input").focus();
  return chosen;
}

/** @param {import("./act.js").Host} host @param {(message: string) => void} refused */
const decline = (host, refused) => act(host, "refus", { motif: checked(byId("motif-champ"))?.value, confirme: true }, refused, host.reload);

/**
 * What was answered, and whether it can be taken back.
 * @param {import("./act.js").Host} host @param {NonNullable<import("./retrieve.js").View["refus"]>} answered
 */
export function addDeclined(host, { le, annulable, motif }) {
  const shown = { le: momentInSentence(le), motif: inWords(motif), annulable, fini: !annulable, restent: host.view.restent };
  host.place.append(copy("t-decline", shown));
  const button = byId("annuler-refus");
  if (!annulable) {
    button.parentElement?.remove();
    return;
  }
  once(button, "click", () => act(host, "refus/annulation", {}, (message) => tell("annulation-refus", message), host.reload));
}

/** @param {string | null} reason its code @returns {string} as the list says it */
function inWords(reason) {
  const listed = all(byId("t-motifs", "template").content, "input[name=motif]");
  const chosen = listed.find(({ value }) => value === reason);
  return chosen?.parentElement?.textContent.trim() || "autre motif";
}
