/** The page once nothing is to be opened here: where the welcome stands, what is awaited, what became of the documents. */

import { all, byId, first, goTo, once, tell } from "./dom.js";
import { capital, lastDay, moment, momentInSentence, theDocuments, together } from "./french.js";
import { callJson, refusalOf } from "./http.js";
import { ask, fails } from "./question.js";
import { show } from "./scene.js";

const TITLE = "Où en est le stage";

/** @type {Record<string, string[]>} a link that gives nothing at all, or nothing for now: title, and what is said before and after the date */
const ENDS = {
  remplace: ["Ce lien a été remplacé", "Il ne marche plus depuis", " : un envoi plus récent l’a remplacé. Regardez si un autre message vous est arrivé."],
  message_refuse: ["Ce lien ne marche plus", "Le message qui le portait n’a pas été accepté", " : il ne marche plus."],
  annule: ["Cet envoi a été retiré", "Ce lien ne marche plus depuis", "."],
  fini: ["Ce lien ne marche plus", "Il ne marche plus depuis", "."],
  passe: ["Le lien est passé à une autre personne", "Vous l’avez passé", ". Un message lui arrive, avec un lien à elle ; celui-ci ne marche plus."],
  suspendu: ["Envoi suspendu", "L’envoi est suspendu depuis", ". Gardez le message : le lien peut marcher de nouveau."],
  ferme: ["Ce lien est fermé", "Plusieurs réponses n’étaient pas les bonnes : il s’est fermé", ", pour protéger le jeune."],
};

/**
 * @param {string} token @param {import("./retrieve.js").View} view
 * @param {{quality: string, market: string, reload: () => void | Promise<void>, blocked: () => void, answers: () => void}} with_
 *   `reload`: look at the link again; `blocked`: this browser refuses cookies; `answers`: show what may be answered
 */
export function showPage(token, view, with_) {
  const ended = end(view);
  const may = Boolean(view.peut_demander && !view.demande);
  const free = may && (view.prouve || view.preuve === "code"); // no code stands in the way of asking
  // Where only a new sending can come of it, the answer to the question asks for it.
  const direct = may && !free && ["expire", "revoque"].includes(view.etat);
  const first = view.attendu === "documents_partis" || ["annule", "message_refuse"].includes(reason(view));
  const asks = !view.prouve && ((may && !free) || view.repond);
  show("t-page", {
    titre: ended ? ended[0] : TITLE,
    fin: ended ? `${ended[1]}${whom(view)} le ${momentInSentence(view.depuis || "")}${ended[2]}` : "",
    marche: with_.market,
    nom: view.expediteur.nom,
    qualite: with_.quality,
    vide: Boolean(ended),
    question: asks,
    envoi: direct ? "Demander un nouvel envoi" : "Continuer",
    papiers: ended ? "" : papers(view),
    autour: view.etat === "deja_ouvert" && !view.demande && ["", "dates"].includes(view.attendu),
    seulement: "Continuer, sans rien redemander",
    faire: free && first,
    demander: free && !first,
    demande: view.demande && view.attendu !== "envoi",
    repondre: Boolean(ended) && !asks && !may && view.attendu !== "arrete" && !["passe", "remplace"].includes(reason(view)),
  });
  byId("envoyes-titre").textContent = capital(theDocuments(view.documents));
  if (view.prouve) with_.answers();
  const request = () => send(token, view, with_);
  // What must not be pressed does not exist.
  if (asks) {
    const aside = direct && view.repond ? { onAside: with_.reload } : {};
    ask(token, view, { onRight: direct ? request : with_.reload, ...aside, onDead: with_.reload, onBlocked: with_.blocked });
  } else byId("preuve-form").closest("[data-if]")?.remove();
  for (const button of all(byId("scene"), "[data-demander]")) {
    const hidden = button.closest("[hidden]");
    if (hidden) hidden.remove();
    else once(button, "click", request);
  }
}

/** @returns {boolean} whether the page may be drawn anew: nothing is typed, chosen or under way */
export function isAtRest() {
  const busy = first(byId("scene"), "details[open], [aria-busy], #garder-dates:not([hidden])");
  const typed = all(byId("scene"), "input[type=date], input[type=email], input[type=text]").some(({ value }) => value);
  return Boolean(first(document, "#envoyes")) && !busy && !typed;
}

/** @param {import("./retrieve.js").View} view @returns {string[] | null} */
function end(view) {
  return view.attendu === "termine" ? null : ENDS[reason(view)] || null;
}

/** @param {import("./retrieve.js").View} view @returns {string} « à Jeanne Roy (j•••@entreprise.fr) », after a link that was passed on */
function whom(view) {
  const { nom, indice } = view.collegue || {};
  return reason(view) === "passe" && nom ? ` à ${nom} (${indice})` : "";
}

/** @param {import("./retrieve.js").View} view @returns {string} why the link itself gives nothing; "" while it gives its acts */
function reason({ etat, prouve, collegue, remplace, message_refuse }) {
  if (etat === "ferme" || etat === "suspendu") return etat;
  if (etat !== "revoque") return "";
  if (collegue?.mode === "remplace" && collegue.etat === "parti") return "passe";
  if (remplace) return "remplace";
  if (message_refuse) return "message_refuse";
  return prouve ? "annule" : "fini";
}

/** What became of the documents, of which alone a link is spent. @param {import("./retrieve.js").View} view @returns {string} */
function papers(view) {
  const { one, e, are } = together(view.documents);
  const have = one ? "a" : "ont";
  const at = view.depuis ? `le ${momentInSentence(view.depuis)}` : "";
  const going = `Nous effaçons ${theDocuments(view.documents)} de notre côté, dans les ${byId("scene").dataset.minutes} minutes au plus.`;
  const gone = view.efface_le ? `${capital(theDocuments(view.documents))} ${are} effacé${e} de notre côté.` : going;
  if (["refuse", "refuse_ailleurs", "termine"].includes(view.attendu) && view.etat !== "efface") return "";
  if (view.etat === "deja_ouvert") {
    const told = `${theDocuments(view.documents)} ${have} été ouvert${e} ${at}, dans un autre navigateur`;
    const now = view.restent ? "" : ` ${gone}`;
    return `Ce lien a déjà servi : ${told}, peut-être par une ou un collègue. Un lien s’ouvre dans un seul navigateur : c’est ce qui protège le jeune.${now}`;
  }
  if (view.etat === "ouvert_ici") return `Vous avez dit avoir pu lire. ${onceRead()}`;
  if (view.etat === "expire") return `Ce lien n’a pas été ouvert à temps : le délai s’est terminé ${at}. ${gone}`;
  return view.efface_le ? `${they(view)} ${have} été effacé${e} de notre côté le ${momentInSentence(view.efface_le)}.` : going;
}

/** What becomes of documents that were opened. @returns {string} */
export function onceRead() {
  return `Les documents sont effacés de notre côté ${byId("scene").dataset.lus}.`;
}

/** @param {import("./retrieve.js").View} view @returns {string} */
function they({ documents }) {
  const { one, e } = together(documents);
  return one ? (e ? "Elle" : "Il") : "Ils";
}

/** @type {(...about: Parameters<typeof showPage>) => Promise<void>} */
async function send(token, view, with_) {
  tell("demande-erreur", "");
  try {
    await callJson("POST", "/retrait/demande", { token });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === "proof_needed") {
      showPage(token, { ...view, prouve: false }, with_);
      fails("Ce navigateur n’a pas gardé votre réponse. Autorisez les cookies de ce site, puis répondez de nouveau.");
    } else if (refusal.code === "cookies_blocked") with_.blocked();
    else if (refusal.passing) tell("demande-erreur", refusal.message);
    else with_.reload();
    return;
  }
  await with_.reload();
  const news = first(document, "#nouvelle-titre");
  if (news) goTo(news);
}
