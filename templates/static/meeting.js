/** The meeting that is fixed: when, where; other dates, cancelled; and after it, held or missed. */

import { act } from "./act.js";
import { checked, copy, find, first, once, tell, tellField } from "./dom.js";
import { momentInSentence } from "./french.js";

/**
 * @param {import("./act.js").Host} host @param {NonNullable<import("./retrieve.js").View["rendez_vous"]>} meeting
 * @param {boolean} may say something of it @param {(() => void) | null} redo propose other dates
 */
export function addMeeting(host, { debut, minutes, lieu, accueil, passe }, may, redo) {
  const online = Boolean(lieu) && lieu !== "fiche";
  const part = copy("t-rendez-vous", {
    quand: passe ? "Le rendez-vous a-t-il eu lieu ?" : `Rendez-vous le ${momentInSentence(debut)}`,
    prevu: passe ? `Il était prévu le ${momentInSentence(debut)}.` : "",
    duree: minutes,
    lieu: lieu === "fiche" ? host.view.adresse_fiche || "" : "",
    accueil,
    visio: online,
    avant: may && !passe,
    apres: may && passe,
    autres: Boolean(redo) && !passe,
  });
  const link = find(part, "a[data-visio]");
  if (online) {
    link.href = lieu;
    link.textContent = lieu;
  } else link.parentElement?.remove();
  // What may not be pressed now does not exist.
  for (const node of part.querySelectorAll("button[hidden], details[hidden]")) node.remove();
  host.place.append(part);
  if (redo) first(document, "#autres-dates")?.addEventListener("click", redo);
  /** @param {{geste: string, motif?: string}} body @param {string} texte */
  const says = (body, texte) => act(
    host, "rendez-vous", { vu: debut, ...body }, (message) => tell("rendez-vous-refus", message), () => host.again({ template: "t-fait", texte }),
  );
  const held = first(document, "#tenu");
  if (held) once(held, "click", () => says({ geste: "tenu" }, "Vous avez dit que le rendez-vous a eu lieu."));
  askWhy("annule", "annuler-form", (motif) => says({ geste: "annule", motif }, "Le rendez-vous est annulé. Un message le dit aux personnes qui étaient invitées."));
  askWhy("manque", "manque-form", (motif) => says({ geste: "manque", motif }, "Le rendez-vous n’a pas eu lieu. Vous pouvez proposer d’autres dates."));
}

/** A reason from the list, then the act. @param {string} name @param {string} form @param {(reason: string) => Promise<void>} then */
function askWhy(name, form, then) {
  const asked = first(document, `#${form}`);
  if (!asked) return;
  once(asked, "submit", async () => {
    const reason = checked(asked);
    tellField(name, reason ? "" : "Choisissez un motif dans la liste.");
    if (reason) await then(reason.value);
    else find(asked, "input").focus();
  });
}
