/** The recipient's page: the link, the question, the button. reading.js shows the documents, page.js where the welcome stands. */

import { showAnswers } from "./answers.js";
import { askWhy, DECLINE, mayDeclineAtOnce } from "./decline.js";
import { byId, find, first, goTo, once, tell, tellField } from "./dom.js";
import { academie, lastDay, theDocuments, welcome } from "./french.js";
import { callJson, refusalOf } from "./http.js";
import { inAppBrowser } from "./inapp.js";
import { isAtRest, showPage } from "./page.js";
import { ask, fails } from "./question.js";
import { claim, leave, offer } from "./reading.js";
import { announce, clear, show } from "./scene.js";
import { canSeal } from "./seal.js";
import { findLink, keepLink, keptLink } from "./token.js";

/**
 * @typedef {{debut: string, minutes: number, lieu: string, accueil: string}} Slot a date, an instant of ISO 8601; `lieu`: « fiche », or a link
 * @typedef {{du: string, au: string}} Holidays of schools, from a day to another
 * @typedef {{nom: string, titre: string, choix: [string, string][], valeur: string}} WelcomeField without choices a line of text
 * @typedef {{mode: string, etat: string, nom: string, indice: string}} Colleague
 * @typedef {object} View what POST apercu answers
 * @property {string} etat @property {boolean} prouve @property {string} indice @property {string} expire_le
 * @property {string | null} efface_le when they were erased; `expire_le` is when they are due to be
 * @property {string | null} depuis @property {string[]} documents
 * @property {boolean} restent whether the documents are still to be read @property {boolean} [confirme] @property {boolean} demande a new sending was asked for @property {boolean} [peut_demander]
 * @property {boolean} [remplace] by a more recent link @property {boolean} [message_refuse] the mail was, by its recipient's service
 * @property {string} attendu what the page is for now; "" before the proof
 * @property {{nom: string, fonction: string, academie: string}} expediteur who follows the young person, and answers
 * @property {{nom: string, fonction: string, academie: string} | null} auteur who wrote the mail, if that was somebody else
 * @property {{reference: string | null, marche: string, lot: string, acheteur: string, entreprise: string, heures: number, lieu: string,
 *   taches: string}} parcours
 * @property {"adresse" | "code"} preuve how this link is proven @property {string} appeler a number, where that is a code
 * @property {string[]} actions open now, here
 * @property {boolean} repond whether something may be done or seen after the proof
 * @property {Slot[]} creneaux @property {(Slot & {passe: boolean}) | null} rendez_vous
 * @property {{le: string, annulable: boolean, motif: string | null} | null} refus
 * @property {string | null} copies when copies were said to be deleted @property {Colleague | null} collegue
 * @property {boolean} acheteuse @property {{nom: string, role_label: string, indice: string}[]} contacts to whom a buyer passes it
 * @property {WelcomeField[]} accueil what a form asks of the day
 * @property {string[]} demandes what else waits at the same address
 * @property {string} adresse_fiche @property {Holidays[]} vacances @property {string[]} feries days
 * @property {string | null} reponse_avant the day by which dates are answered @property {string | null} promis a day
 */

const FORGOTTEN = "Ce navigateur n’a pas gardé votre réponse. Autorisez les cookies de ce site, puis répondez de nouveau.";

/** @type {string} not in the address bar, and in the tab's storage only as `keepLink` says; "" for none */
let token = "";
/** @type {string} what the link's reader comes for, until the page was drawn once; what the page does not know is ignored */
let intent = "";
/** @type {View | null} what the page shows */
let shown = null;

/** @param {import("./act.js").Note} [note] what has just happened */
async function load(note) {
  if (!note) show("t-attente");
  await look(note);
}

/** The page as the link stands. @param {import("./act.js").Note} [note] */
async function look(note) {
  try {
    /** @type {{data: View}} */
    const { data } = await callJson("POST", "/retrait/apercu", { token });
    shown = data;
    keepLink(token, data);
    meet(data, note);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === "cookies_blocked") {
      blocked();
      return;
    }
    if (refusal.status === 410 || refusal.status === 400) {
      askToken("unknown");
      return;
    }
    show("t-panne", { message: refusal.message });
    once(byId("recommencer"), "click", () => load());
  }
}

/** A page that was left open says what is so when its reader comes back to it. */
async function refresh() {
  const before = shown;
  if (document.visibilityState !== "visible" || !token || !before || !isAtRest()) return;
  /** @type {{data: View}} */
  const { data } = await callJson("POST", "/retrait/apercu", { token }).catch(() => ({ data: before }));
  if (news(data) === news(before) || before !== shown || !isAtRest()) return;
  shown = data;
  meet(data);
}

/** @param {View} view @returns {string} */
function news({ prouve, etat, efface_le: erased, attendu, creneaux, rendez_vous: meeting, demande }) {
  return JSON.stringify([prouve, etat, erased, attendu, creneaux, meeting, demande]);
}

/** Without its cookie a browser cannot be told from another: it may look at the link, and do nothing with it. */
function blocked() {
  show("t-cookies");
  once(byId("recommencer"), "click", welcomeAgain);
}

/** The page itself sets the cookie: ask for it once more, for the link is in here and nowhere else. */
async function welcomeAgain() {
  await fetch("/retrait", { credentials: "same-origin", cache: "no-store" }).catch(() => null);
  await load();
}

/** @param {View} view @param {import("./act.js").Note} [note] */
function meet(view, note) {
  const declines = intent === DECLINE;
  intent = "";
  if (declines && mayDeclineAtOnce(view)) {
    decline(view);
    return;
  }
  draw(view, note);
  const folded = declines && first(document, "details#refuser");
  if (!folded) return;
  folded.open = true;
  find(folded, "summary").focus();
}

/** « Nous ne pouvons pas accueillir », from the mail: the reason and the link's question, and nothing before them. @param {View} view */
function decline(view) {
  const writer = view.auteur || view.expediteur;
  show("t-non", {
    auteur: writer.nom, qualite: quality(writer), marche: market(view.parcours), acheteur: view.parcours.acheteur,
    envoi: "Confirmer : nous refusons",
  });
  askWhy({ ...host(view), reload: proven });
  byId("voir-page").addEventListener("click", () => draw(view));
}

/** @param {View} view @param {import("./act.js").Note} [note] */
function draw(view, note) {
  const declined = ["refuse", "refuse_ailleurs"].includes(view.attendu);
  if (view.etat === "a_ouvrir" && !declined) before(view, view.prouve, note);
  else if (view.etat === "ouvert_ici" && !view.confirme && !declined) offer(token, view, { reload: load, blocked }, note);
  else {
    const said = { quality: quality(view.expediteur), market: market(view.parcours) };
    showPage(token, view, { ...said, reload: load, blocked, answers: () => showAnswers(host(view), note) });
  }
}

/** Where the answers stand when nothing open is to be kept. @param {View} view @returns {import("./act.js").Host} */
function host(view) {
  return { token, view, place: byId("suite"), rest: byId("reste"), again: load, reload: load, blocked };
}

/** A right answer that this browser did not keep is asked for again. */
async function proven() {
  await look();
  if (first(document, "#preuve-form")) fails(FORGOTTEN);
}

/** The answer was given with the button that opens: nothing is left to press. */
async function provenToOpen() {
  await proven();
  if (shown && first(document, "#ouvrir")) await open(shown);
}

/** Nobody gave the six digits, or it is not her: that needs none. */
async function askWithoutCode() {
  tell("sans-code-erreur", "");
  try {
    await callJson("POST", "/retrait/demande", { token });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.passing) tell("sans-code-erreur", refusal.message);
    else await load();
    return;
  }
  await load();
}

/** Before the opening: the question, whose answer opens, and the button. @param {View} view @param {boolean} proved @param {import("./act.js").Note} [note] */
function before(view, proved, note) {
  const { expediteur, parcours } = view;
  const writer = view.auteur || expediteur;
  const inside = inAppBrowser(navigator.userAgent);
  if (inside) history.replaceState(null, "", `/retrait#${token}`); // « open in the browser » takes the address along
  show(
    "t-avant",
    {
      nom: expediteur.nom,
      auteur: writer.nom,
      qualite: quality(writer),
      relais: Boolean(view.auteur),
      achat: view.acheteuse,
      entreprise: !view.acheteuse,
      quoi: theDocuments(view.documents),
      ferme: view.documents.length > 1 ? `${view.documents.length} documents fermés` : "1 document fermé",
      acte: `Ouvrir ${theDocuments(view.documents)}`,
      limite: lastDay(view.expire_le),
      marche: market(parcours),
      acheteur: parcours.acheteur,
      accueil: welcome(parcours.heures),
      lieu: parcours.lieu || "",
      taches: parcours.taches || "",
      reference: parcours.reference || "",
      question: !proved,
      envoi: view.acheteuse ? "Continuer" : `Ouvrir ${theDocuments(view.documents)}`,
      seulement: "Continuer sans ouvrir",
      appli: inside ? inside.program : "",
      ou: inside ? inside.where : "",
      navigateur: inside ? inside.browser : "",
    },
    proved ? "#ouvrir-carte-titre" : "h1",
  );
  // The other half is taken away, not hidden: what must not be pressed does not exist.
  byId(proved ? "preuve" : "ouvrir-carte").remove();
  if (!proved) {
    const opening = view.acheteuse ? { onRight: proven } : { onRight: provenToOpen, onAside: proven };
    ask(token, view, { ...opening, onDead: load, onBlocked: blocked, onWithout: view.demande ? undefined : askWithoutCode });
    return;
  }
  once(byId("ouvrir"), "click", () => open(view));
  showAnswers({ ...host(view), unopened: true }, note);
  if (first(document, "#passer-form") || view.attendu === "accord") openLast();
}

/** The link is to be passed on, or is about to be: to open it comes after. */
function openLast() {
  byId("ouvrir-carte").before(byId("suite"));
  byId("ouvrir-carte").className = "carte pile";
  find(byId("ouvrir-carte"), ".entre").remove();
  byId("ouvrir-carte-titre").textContent = "Ou bien ouvrez vous-même";
  byId("ouvrir").classList.add("b2");
  goTo(find(byId("suite"), "h2"));
}

/** @param {View} view */
async function open(view) {
  tell("ouvrir-erreur", "");
  const ended = announce("ouvrir", `Nous ouvrons ${theDocuments(view.documents)}…`);
  history.replaceState(null, "", "/retrait");
  try {
    await claim(token, view, { reload: load, blocked });
  } catch (error) {
    const refusal = refusalOf(error);
    ended();
    if (refusal.code === "cookies_blocked") {
      blocked();
    } else if (refusal.status === 410) {
      load();
    } else if (refusal.code === "proof_needed") {
      before(view, false);
      fails(FORGOTTEN);
    } else if (refusal.status === 0) {
      tell("ouvrir-erreur", "La connexion s’est coupée. Appuyez de nouveau : si le lien s’est ouvert, c’est pour ce navigateur.");
    } else {
      tell("ouvrir-erreur", refusal.message);
    }
  }
}

/** @param {"none" | "unknown"} why the page has no link it can use */
function askToken(why) {
  show("t-coller", why === "none" ? {
    titre: "Rouvrez le lien du message",
    texte: "Ouvrez le lien du message, ou collez ici sa suite de lettres.",
  } : {
    titre: "Nous ne reconnaissons pas ce lien",
    texte: "Ce lien ne marche plus, ou il est incomplet : votre messagerie l’a peut-être coupé. Collez ici la suite de lettres du message.",
  });
  once(byId("coller-form"), "submit", async () => {
    ({ token, intent } = findLink(byId("lien", "input").value));
    if (token) {
      await load();
      return;
    }
    tellField("lien", "Il en manque une partie. Copiez la suite entière dans le message : 43 lettres, chiffres et tirets.");
    byId("lien").focus();
  });
}

/** @param {{fonction: string, academie: string}} sender @returns {string} « , tutrice MLDS (académie de Lyon) » */
function quality({ fonction, academie: where }) {
  return `${fonction ? `, ${fonction}` : ""}${where ? ` (${academie(where)})` : ""}`;
}

/** @param {View["parcours"]} parcours @returns {string} « Entretien des espaces verts, lot 2 » */
function market({ marche, lot }) {
  if (!lot) return marche;
  return `${marche}, ${/^lot/i.test(lot) ? lot : `lot\u00a0${lot}`}`;
}

/** Take the link out of the address, and out of sight. */
function start() {
  const carried = location.hash.length > 1 || location.pathname.length > "/retrait/".length;
  const given = findLink(`${location.pathname} ${location.hash}`);
  history.replaceState(null, "", "/retrait");
  intent = given.intent;
  token = given.token || (carried || location.search ? "" : token || keptLink());
  if (!canSeal()) show("t-navigateur");
  else if (token) load();
  else askToken(carried ? "unknown" : "none");
}

document.addEventListener("visibilitychange", refresh);
window.addEventListener("hashchange", () => location.hash.length > 1 && start());
window.addEventListener("pagehide", () => {
  leave();
  clear();
});
window.addEventListener("pageshow", (event) => event.persisted && start());
start();
