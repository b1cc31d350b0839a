/** « Nous ne pouvons pas accueillir »: a reason from the list, a second step, and 24 hours to come back on it. */

import { act, allowed } from "./act.js";
import { all, byId, checked, copy, find, goTo, once, tell, tellField } from "./dom.js";
import { momentInSentence } from "./french.js";

/** @param {import("./act.js").Host} host */
export function addDecline(host) {
  const { view } = host, may = allowed(view);
  const besides = { dates: may("creneaux") && !host.unopened, collegue: may("remplace") || may("aussi") };
  host.place.append(copy("t-refuser", { nom: view.expediteur.nom, restent: live(view), ...besides }));
  const asked = byId("refus-form"), confirming = byId("refus-confirme");
  asked.addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = checked(asked);
    tellField("motif", reason ? "" : "Choisissez un motif dans la liste.");
    if (!reason) {
      find(asked, "input").focus();
      return;
    }
    find(confirming, "[data-motif]").textContent = reason.parentElement?.textContent.trim() || "";
    swap(asked, confirming);
    goTo(byId("refus-question"));
  });
  byId("refus-retour").addEventListener("click", () => {
    swap(confirming, asked);
    checked(asked)?.focus();
  });
  once(confirming, "submit", () => {
    const body = { motif: checked(asked)?.value, confirme: true };
    return act(host, "refus", body, (message) => tell("refus-refus", message), host.reload);
  });
}

/**
 * What was answered, and until when it can be taken back.
 * @param {import("./act.js").Host} host @param {NonNullable<import("./retrieve.js").View["refus"]>} answered
 */
export function addDeclined(host, { le, jusqu_a: until, motif }) {
  const open = until && new Date(until) > new Date();
  const shown = { le: momentInSentence(le), motif: inWords(motif), jusqu_a: open ? momentInSentence(until) : "", fini: !open, restent: live(host.view) };
  host.place.append(copy("t-decline", shown));
  const button = byId("annuler-refus");
  if (!open) {
    button.parentElement?.remove();
    return;
  }
  once(button, "click", () => act(host, "refus/annulation", {}, (message) => tell("annulation-refus", message), host.reload));
}

/** @param {import("./retrieve.js").View} view @returns {boolean} whether the documents are still to be erased */
const live = (view) => new Date(view.expire_le) > new Date();

/** @param {string | null} reason its code @returns {string} as the list says it */
function inWords(reason) {
  const listed = all(byId("t-refuser", "template").content, "input[name=motif]");
  const chosen = listed.find(({ value }) => value === reason);
  return chosen?.parentElement?.textContent.trim() || "autre motif";
}

/** @param {HTMLElement} from @param {HTMLElement} to */
function swap(from, to) {
  from.hidden = true;
  to.hidden = false;
}
