/** A link that was right and gives nothing any more: what happened, since when, and how to get a new one. */

import { byId, goTo, once, tell } from "./dom.js";
import { momentInSentence } from "./french.js";
import { callJson } from "./http.js";
import { ask, fails } from "./question.js";
import { show } from "./scene.js";

/** Title, what happened before the date, what follows it. */
const ENDS = {
  deja_ouvert: [
    "Ce lien a déjà servi",
    "Il a déjà été ouvert",
    ", peut-être par une ou un collègue. Un lien s’ouvre une seule fois : c’est ce qui protège le jeune.",
  ],
  expire: ["Ce lien n’est plus valable", "Son délai s’est terminé", ". Les documents sont effacés de notre côté."],
  revoque: [
    "Cet envoi a été annulé",
    "Il a été annulé, ou remplacé par un envoi plus récent,",
    ". Regardez si un autre message vous est arrivé depuis.",
  ],
  efface: ["Les documents sont effacés", "Ils ont été effacés de notre côté", ", comme prévu."],
  ferme: [
    "Ce lien est fermé",
    "Trop d’adresses fausses ont été essayées : il s’est fermé",
    ", pour protéger le jeune.",
  ],
};

/**
 * @param {string} token @param {import("./retrieve.js").View} view
 * @param {{quality: string, market: string, reload: () => void, blocked: () => void}} with_
 *   `reload`: look at the link again; `blocked`: this browser refuses cookies
 */
export function showDead(token, view, with_) {
  const [titre, avant, apres] = ENDS[view.etat] || ENDS.expire;
  const may = Boolean(view.peut_demander && !view.demande);
  show("t-mort", {
    titre,
    avant,
    quand: view.depuis ? `le ${momentInSentence(view.depuis)}` : "",
    apres,
    autour: view.etat === "deja_ouvert" && !view.demande,
    nom: view.expediteur.nom,
    qualite: with_.quality,
    indice: view.indice,
    marche: with_.market,
    demander: may,
    question: may && !view.prouve,
    acte: may && view.prouve,
    demande: Boolean(view.demande),
    repondre: !may && !view.demande,
  });
  if (!may) return;
  // What must not be pressed does not exist: the other half is taken away, not hidden.
  (view.prouve ? byId("preuve-form") : byId("demander")).parentElement.remove();
  const request = () => send(token, view, with_);
  if (view.prouve) once(byId("demander"), "click", request);
  else ask(token, { onRight: request, onDead: with_.reload, onBlocked: with_.blocked });
}

/** @type {typeof showDead} */
async function send(token, view, with_) {
  tell("demande-erreur", "");
  try {
    await callJson("POST", "/retrait/demande", { token });
  } catch (refusal) {
    if (refusal.code === "proof_needed") {
      showDead(token, { ...view, prouve: false }, with_);
      fails("Ce navigateur n’a pas gardé votre réponse. Autorisez les cookies de ce site, puis répondez de nouveau.");
    } else if (refusal.code === "cookies_blocked") with_.blocked();
    else if (refusal.passing) tell("demande-erreur", refusal.message);
    else with_.reload();
    return;
  }
  showDead(token, { ...view, demande: true }, with_);
  goTo(byId("scene").querySelector(".avis .titre"));
}
