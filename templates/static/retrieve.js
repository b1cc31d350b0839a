/** The recipient's page: the link, the question, the truth about dead links. reading.js shows the documents. */

import { byId, once, tell, tellField } from "./dom.js";
import { academie, moment, momentInSentence, theDocuments, welcome } from "./french.js";
import { callJson } from "./http.js";
import { claim, leave, offer } from "./reading.js";
import { clear, show } from "./scene.js";
import { canSeal } from "./seal.js";
import { findToken } from "./token.js";

/**
 * @typedef {object} View what POST apercu answers
 * @property {string} etat @property {boolean} prouve @property {string} indice @property {string} expire_le
 * @property {string | null} depuis @property {string[]} documents @property {string | null} [jusqu_a]
 * @property {boolean} [confirme] @property {{nom: string, fonction: string, academie: string}} expediteur
 * @property {Record<string, any>} parcours
 */

/** @type {string | null} only ever here: neither in the address bar nor in the browser's storage */
let token = null;

/** Links that give nothing any more: title, what happened before the date, what follows it. */
const DEAD = {
  deja_ouvert: [
    "Ce lien a déjà servi",
    "Il a été ouvert",
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

async function load() {
  show("t-attente");
  try {
    const { data } = await callJson("POST", "/retrait/apercu", { token });
    meet(data);
  } catch (refusal) {
    if (refusal.status === 410 || refusal.status === 400) {
      askToken("unknown");
      return;
    }
    show("t-panne", { message: refusal.message });
    once(byId("recommencer"), "click", load);
  }
}

/** @param {View} view */
function meet(view) {
  if (view.etat === "a_ouvrir") before(view, view.prouve);
  else if (view.etat === "ouvert_ici" || (view.etat === "efface" && view.confirme)) offer(token, view, { reload: load });
  else dead(view);
}

/** Before the opening: the question, then the button. @param {View} view @param {boolean} proved */
function before(view, proved) {
  const { expediteur, parcours } = view;
  show(
    "t-avant",
    {
      nom: expediteur.nom,
      qualite: quality(expediteur),
      quoi: theDocuments(view.documents),
      ferme: view.documents.length > 1 ? `${view.documents.length} documents fermés` : "1 document fermé",
      acte: `Ouvrir ${theDocuments(view.documents)}`,
      indice: view.indice,
      limite: moment(view.expire_le),
      marche: market(parcours),
      acheteur: parcours.acheteur,
      accueil: welcome(parcours.heures),
      lieu: parcours.lieu || "",
      taches: parcours.taches || "",
      reference: parcours.reference || "",
    },
    proved ? "#ouvrir-carte-titre" : "h1",
  );
  // The other half is taken away, not hidden: what must not be pressed does not exist.
  byId(proved ? "preuve" : "ouvrir-carte").remove();
  if (proved) once(byId("ouvrir"), "click", () => open(view));
  else once(byId("preuve-form"), "submit", () => prove(view));
}

/** @param {View} view */
async function prove(view) {
  const address = byId("adresse").value.trim();
  if (!/^\S+@\S+\.\S+$/.test(address)) {
    proofFails("Écrivez l’adresse entière, comme nom@entreprise.fr.");
    return;
  }
  try {
    await callJson("POST", "/retrait/preuve", { token, adresse: address });
    before(view, true);
  } catch (refusal) {
    const left = refusal.remaining;
    const counted = left && !/essai/.test(refusal.message) ? ` Encore ${left} essai${left > 1 ? "s" : ""}.` : "";
    if (refusal.status === 410) load();
    else proofFails(refusal.message + counted);
  }
}

/** @param {string} message what was typed stays */
function proofFails(message) {
  tellField("adresse", message);
  byId("adresse").focus();
}

/** @param {View} view */
async function open(view) {
  tell("ouvrir-erreur", "");
  try {
    await claim(token, view, { reload: load });
  } catch (refusal) {
    if (refusal.status === 410) {
      load();
    } else if (refusal.code === "proof_needed") {
      before(view, false);
      proofFails("Ce navigateur n’a pas gardé votre réponse. Autorisez les cookies de ce site, puis répondez de nouveau.");
    } else if (refusal.status === 0) {
      tell("ouvrir-erreur", "La connexion a coupé. Appuyez de nouveau : si le lien s’est ouvert, c’est pour ce navigateur.");
    } else {
      tell("ouvrir-erreur", refusal.message);
    }
  }
}

/** @param {View} view */
function dead(view) {
  const [titre, avant, apres] = DEAD[view.etat] || DEAD.expire;
  const first = view.etat === "deja_ouvert" ? "Demandez d’abord autour de vous. Sinon, répondez au message : " : "";
  const answer = `votre réponse arrive à ${view.expediteur.nom}${quality(view.expediteur)}, qui peut faire un nouvel envoi.`;
  show("t-mort", {
    titre,
    avant,
    quand: view.depuis ? `le ${momentInSentence(view.depuis)}` : "",
    apres,
    conseil: first + (first ? answer : answer.charAt(0).toUpperCase() + answer.slice(1)),
    marche: market(view.parcours),
  });
}

/** @param {"none" | "unknown"} why the page has no link it can use */
function askToken(why) {
  show("t-coller", why === "none" ? {
    titre: "Rouvrez le lien du message",
    texte: "Cette page ne garde pas le lien. Retournez au message et ouvrez son lien, ou collez ici le code écrit dans le message.",
  } : {
    titre: "Nous ne reconnaissons pas ce lien",
    texte: "Ce lien n’est plus valable ou il est incomplet : votre messagerie l’a peut-être coupé. Copiez le code écrit dans le message, puis collez-le ici.",
  });
  once(byId("coller-form"), "submit", async () => {
    token = findToken(byId("code").value);
    if (token) {
      await load();
      return;
    }
    tellField("code", "Il manque une partie du code. Copiez-le en entier dans le message : 43 lettres, chiffres et tirets.");
    byId("code").focus();
  });
}

/** @param {{fonction: string, academie: string}} sender @returns {string} « , tutrice MLDS (académie de Lyon) » */
function quality({ fonction, academie: where }) {
  return `${fonction ? `, ${fonction}` : ""}${where ? ` (${academie(where)})` : ""}`;
}

/** @param {Record<string, any>} parcours @returns {string} « Entretien des espaces verts, lot 2 » */
function market({ marche, lot }) {
  if (!lot) return marche;
  return `${marche}, ${/^lot/i.test(lot) ? lot : `lot\u00a0${lot}`}`;
}

/** Take the link out of the address, and out of sight. */
function start() {
  const carried = location.hash.length > 1 || location.pathname.length > "/retrait/".length;
  const found = findToken(`${location.pathname} ${location.hash}`);
  history.replaceState(null, "", "/retrait");
  token = found || (carried ? null : token);
  if (!canSeal()) show("t-navigateur");
  else if (token) load();
  else askToken(carried ? "unknown" : "none");
}

window.addEventListener("hashchange", () => location.hash.length > 1 && start());
window.addEventListener("pagehide", () => {
  leave();
  clear();
});
window.addEventListener("pageshow", (event) => event.persisted && start());
start();
