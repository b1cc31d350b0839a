/** A link that was right and gives nothing any more: what happened, since when, and how to get a new one. */

import { byId, goTo, once, tell } from "./dom.js";
import { momentInSentence, typeset } from "./french.js";
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

/** What this very browser did with the link. */
const PASSED_ON = ["Le lien est passé à une autre personne", "Vous l’avez passé", ". Elle a reçu un lien à elle ; celui-ci ne donne plus rien."];

/**
 * @param {string} token @param {import("./retrieve.js").View} view
 * @param {{quality: string, market: string, reload: () => void, blocked: () => void, answers: () => void}} with_
 *   `reload`: look at the link again; `blocked`: this browser refuses cookies; `answers`: show what may still be answered
 */
export function showDead(token, view, with_) {
  const passed = view.collegue?.mode === "remplace" && view.collegue.etat === "parti";
  const [titre, avant, apres] = passed ? PASSED_ON : ENDS[view.etat] || ENDS.expire;
  const may = Boolean(view.peut_demander && !view.demande && !passed);
  const asks = !view.prouve && (may || Boolean(view.repond));
  show("t-mort", {
    titre,
    avant,
    quand: view.depuis ? `le ${momentInSentence(view.depuis)}` : "",
    apres,
    autour: view.etat === "deja_ouvert" && !view.demande,
    nom: view.expediteur.nom,
    qualite: with_.quality,
    marche: with_.market,
    indice: view.indice,
    demander: may || asks,
    peut: may,
    envoi: may ? "Demander un nouvel envoi" : "Continuer",
    question: asks,
    acte: may && view.prouve,
    demande: Boolean(view.demande),
    repondre: !may && !asks && !view.demande && !passed && !(view.actions || []).length,
  });
  if (view.prouve) with_.answers();
  if (!may && !asks) {
    byId("faire").parentElement.remove();
    return;
  }
  // What must not be pressed does not exist: the other half is taken away, not hidden.
  (view.prouve ? byId("preuve-form") : byId("demander")).parentElement.remove();
  if (!may) byId("faire-titre").textContent = typeset("Pour répondre ici");
  const request = () => send(token, view, with_);
  if (view.prouve) {
    once(byId("demander"), "click", request);
    return;
  }
  const aside = may && view.repond ? { onAside: with_.reload } : {};
  ask(token, view.preuve, { onRight: may ? request : with_.reload, ...aside, onDead: with_.reload, onBlocked: with_.blocked });
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
  await with_.reload();
  const heading = byId("demandee")?.querySelector(".titre");
  if (heading) goTo(heading);
}
