/** The documents' way, as the page tells it, and how to resume wherever it stopped. stages.js shows it. */

import { deliver, deliverAgain, follow, forget } from "./delivery.js";
import { byId, goTo, nameTab, once, say } from "./dom.js";
import { capital, hour, theDocuments, together, words } from "./french.js";
import { refusalOf } from "./http.js";
import { card, halt, rowMessage, rowMoves, rowSays, setRows, stage, total } from "./stages.js";

/**
 * @typedef {object} Order
 * @property {string} url where deposits are announced
 * @property {string} address
 * @property {{kind: string, bytes: number}[]} documents and their sizes
 * @property {() => Promise<import("./delivery.js").Parcel>} seal
 * @property {() => void} onLeft the link left: the documents themselves are needed no more
 * @property {(refusal: import("./http.js").Refusal) => void} onDoubt the address must be confirmed
 * @property {(why: {message: string, field?: string, code?: string, refused?: {kind: string, message: string}[]}) => void} onRefused
 *   something must be chosen again
 */

const LEFT = ["parti", "ouvert", "remis", "illisible"];
const MEASURED_MS = 3_000; // before, the pace of a line tells nothing

/** @type {Order} */
let order;
/** @type {import("./delivery.js").Parcel | null} */
let parcel = null;
/** @type {Record<string, number>} share of each document that left, 0 to 1 */
let shares = {};
let started = { at: 0, bytes: 0 };
let cuts = 0;
/** @type {{kind: string, message: string}[]} */
let refused = [];

const kinds = () => order.documents.map(({ kind }) => kind);

/** Send documents and tell of it. @param {Order} asked */
export async function travel(asked) {
  order = asked;
  parcel = null;
  shares = {};
  cuts = 0;
  setRows(order.documents);
  await attempt(deliver);
}

/** Go on with what was sealed. @param {{confirmed?: boolean}} [how] `confirmed`: she looked, the address is right */
export async function resume({ confirmed } = {}) {
  if (confirmed && parcel) parcel.confirmed = true;
  await attempt(confirmed ? deliver : deliverAgain);
}

/** @param {typeof deliver} way */
async function attempt(way) {
  window.addEventListener("beforeunload", holdBack);
  const { one, docs } = together(kinds());
  card({ title: "Gardez cette page ouverte", text: `Si la connexion se coupe, ${docs} rest${one ? "e" : "ent"} ici.` });
  try {
    stage(1);
    for (const kind of kinds()) if (!shares[kind]) rowSays(kind, "Se ferme", "cloche");
    parcel = parcel || (await order.seal());
    stage(2);
    started = { at: Date.now(), bytes: sent() };
    for (const kind of kinds()) if (!shares[kind]) rowSays(kind, `Chiffré${words(kind).e}`, "cloche");
    await way(order.url, parcel, moved);
  } catch (error) {
    stopped(refusalOf(error));
    return;
  }
  window.removeEventListener("beforeunload", holdBack);
  await watch();
}

/** @returns {number} bytes that left */
function sent() {
  return order.documents.reduce((sum, { kind, bytes }) => sum + bytes * (shares[kind] || 0), 0);
}

/** @returns {number} share of all of them that left, 0 to 1 */
function whole() {
  return sent() / order.documents.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** @param {string} kind @param {number} share */
function moved(kind, share) {
  const before = Math.floor(whole() * 4);
  shares[kind] = share;
  rowMoves(kind, share);
  total(whole(), `${Math.floor(whole() * 100)} % en tout${remaining()}. Si la connexion se coupe, rien n’est à choisir de nouveau.`);
  const quarter = Math.floor(whole() * 4);
  if (quarter > before && quarter < 4) say(`${quarter * 25} % envoyés`);
}

/** @returns {string} « , encore 2 minutes environ », once the line's pace is known */
function remaining() {
  const elapsed = Date.now() - started.at;
  const done = sent() - started.bytes;
  if (elapsed < MEASURED_MS || done <= 0) return "";
  const seconds = (elapsed / 1000) * ((sent() / whole() - sent()) / done);
  if (seconds < 10) return ", encore quelques secondes";
  if (seconds < 90) return `, encore ${Math.ceil(seconds / 10) * 10} secondes environ`;
  return `, encore ${Math.round(seconds / 60)} minutes environ`;
}

/** The bytes did not all leave. @param {import("./http.js").Refusal} refusal */
function stopped(refusal) {
  if (!refusal.passing) {
    window.removeEventListener("beforeunload", holdBack);
    if (refusal.code === "recipient_doubtful" && parcel) {
      parcel.shown = refusal.told.vus;
      order.onDoubt(refusal);
    } else if (refusal.status === 409 && Object.keys(shares).length) watch(); // one was looked at before the other came
    else order.onRefused(refusal);
    return;
  }
  for (const kind of kinds()) stoppedRow(kind);
  halt();
  card(whyStopped(refusal));
  goTo(byId("etape-titre"));
}

/** @param {string} kind */
function stoppedRow(kind) {
  const { e } = words(kind);
  const percent = Math.min(99, Math.floor((shares[kind] || 0) * 100));
  if (shares[kind] === 1) return;
  if (percent) rowSays(kind, `Coupé${e} à ${percent} %`, "triangle", "mal", percent);
  else rowSays(kind, `Pas encore parti${e}`, "triangle", "mal");
}

/** @param {import("./http.js").Refusal} refusal @returns {Parameters<typeof card>[0]} */
function whyStopped(refusal) {
  const { one, e, are } = together(kinds());
  const kept = `${capital(theDocuments(kinds()))} ${are} gardé${e} dans cette page.`;
  const label = "À vous";
  if (refusal.code === "storage_blocked") {
    return {
      label,
      title: "Votre réseau bloque l’envoi",
      text: `${kept} Ce service s’ouvre, mais pas l’endroit où ${one ? "le document passe" : "les documents passent"}.`,
      acts: ["reprendre", "retour"],
      host: refusal.told.host,
    };
  }
  if (refusal.status === 401) {
    return {
      label,
      title: "Votre session a expiré",
      text: `${kept} Reconnectez-vous dans un autre onglet, puis revenez ici et reprenez l’envoi.`,
      acts: ["connexion", "reprendre"],
    };
  }
  if (refusal.status !== 0) {
    return { label, title: "L’envoi s’est arrêté", text: `${refusal.message} ${kept}`, acts: ["reprendre"] };
  }
  cuts += 1;
  return {
    label,
    title: "La connexion s’est coupée",
    text: `${kept} Quand la connexion revient, reprenez l’envoi.${cuts > 1 ? " Si elle se coupe encore, essayez sur un autre réseau." : ""}`,
    acts: ["reprendre"],
  };
}

/** The bytes are there: the rest is done without this page, which only looks. */
async function watch() {
  if (!parcel) return;
  say(`Bien arrivé${together(kinds()).e} : ${theDocuments(kinds())}`);
  arrived({ etat: "recu", documents: [] });
  let outcome;
  try {
    outcome = await follow(parcel.deposit, (progress) => {
      if (progress) arrived(progress);
      else byId("etape-texte").textContent = "La connexion s’est coupée. Nous regardons de nouveau.";
    });
  } catch (error) {
    const refusal = refusalOf(error);
    unseen(refusal.status === 401 ? "Votre session a expiré." : refusal.message, refusal.status === 401);
    return;
  }
  if (outcome) settled(outcome);
  else unseen("La vérification prend plus de temps que d’habitude.", false);
}

/** @param {Pick<import("./delivery.js").Progress, "etat" | "documents">} progress */
function arrived({ etat, documents }) {
  const checked = etat === "verifie";
  stage(checked ? 4 : 3);
  for (const kind of kinds()) {
    const told = documents.find((paper) => paper.kind === kind);
    rowSays(kind, `${checked || told?.etat === "verifie" ? "Vérifié" : "Arrivé"}${words(kind).e}`, "tick", "bien", 100);
    rowMessage(kind, told?.message || "");
  }
  card({
    yours: false,
    title: checked ? "Le lien va partir" : `Nous vérifions ${theDocuments(kinds())}`,
    text: "Vous pouvez attendre ici quelques secondes, ou fermer cette page : la suite se fait sans vous.",
  });
}

/** What became of them cannot be told for now. @param {string} why @param {boolean} signedOut */
function unseen(why, signedOut) {
  const { one, docs, e, are } = together(kinds());
  card({
    yours: false,
    label: "La suite se fait sans vous",
    title: `${capital(theDocuments(kinds()))} ${are} bien arrivé${e}`,
    text: `${why} Vous recevrez un message quand le lien sera parti, ou si ${docs} ne ${one ? "peut" : "peuvent"} pas passer.`,
    acts: signedOut ? ["connexion", "regarder"] : ["regarder", "retour"],
  });
  goTo(byId("etape-titre"));
}

/** @param {{progress: import("./delivery.js").Progress, at: Date, seen: boolean}} outcome */
function settled({ progress, at, seen }) {
  const { etat, envoi, documents } = progress;
  if (parcel) forget(parcel);
  for (const { kind, message = "" } of documents.filter((paper) => kinds().includes(paper.kind))) rowMessage(kind, message);
  if (etat === "refuse") whenRefused(documents);
  else if (envoi === "echoue") whenNotMailed();
  else if (LEFT.includes(etat)) whenLeft(etat, seen ? at : null);
  else whenStopped();
  byId("suite").hidden = etat !== "parti";
  goTo(byId("etape-titre"));
  say(byId("etape-titre").textContent);
}

/** @param {import("./delivery.js").Progress["documents"]} documents */
function whenRefused(documents) {
  refused = documents
    .filter(({ etat }) => etat === "refuse")
    .map(({ kind, message }) => ({ kind, message: message || "Ce document a été refusé. Choisissez-le de nouveau." }));
  if (!refused.length) refused = kinds().map((kind) => ({ kind, message: "Ce document a été refusé. Choisissez-le de nouveau." }));
  for (const kind of kinds()) {
    const why = refused.find((refusal) => refusal.kind === kind);
    if (why) rowSays(kind, `Refusé${words(kind).e}`, "octagon", "mal");
    else rowSays(kind, `Gardé${words(kind).e} dans cette page`, "tick", "bien");
    rowMessage(kind, why ? why.message : "");
  }
  const [first] = refused;
  const what = refused.length > 1 ? "d’autres documents" : words(first.kind).another;
  byId("recommencer").textContent = `Choisir ${what}`;
  const kept = refused.length < kinds().length ? " Le reste est gardé, vous n’avez rien d’autre à choisir." : "";
  card({ label: "À vous", title: `Choisissez ${what}`, text: `Rien n’a été envoyé à l’entreprise.${kept}`, acts: ["recommencer", "retour"] });
}

function whenNotMailed() {
  const { e, are } = together(kinds());
  checkedRows();
  card({
    label: "À vous",
    title: "Le message n’a pas pu partir",
    text: `${capital(theDocuments(kinds()))} ${are} bien arrivé${e}, mais ${order.address} n’a rien reçu. Vérifiez cette adresse avec l’entreprise, puis ouvrez le parcours.`,
    acts: ["retour"],
  });
}

/** @param {string} etat @param {Date | null} at when it left, if that was seen */
function whenLeft(etat, at) {
  order.onLeft();
  stage(5);
  checkedRows();
  byId("titre").textContent = "C’est parti";
  byId("suite").hidden = true;
  nameTab();
  const then = etat === "parti" ? "Un message vous le confirme. La page du parcours dira quand le lien est ouvert." : "Il a déjà été ouvert.";
  card({
    yours: false,
    title: `Le lien est parti${at && etat === "parti" ? ` à ${hour(at)}` : ""}`,
    text: then,
    acts: ["retour"],
  });
}

function whenStopped() {
  const { e, are } = together(kinds());
  for (const kind of kinds()) rowSays(kind, "N’est plus chez nous", "cloche-gone");
  card({
    label: "À vous",
    title: "Cet envoi est arrêté",
    text: `${capital(theDocuments(kinds()))} ${are} effacé${e} de notre côté. Le parcours dit quand et pourquoi.`,
    acts: ["retour"],
  });
}

function checkedRows() {
  for (const kind of kinds()) rowSays(kind, `Vérifié${words(kind).e}`, "tick", "bien");
}

/** @param {BeforeUnloadEvent} event */
function holdBack(event) {
  event.preventDefault();
  event.returnValue = ""; // older browsers ask only then
}

once(byId("reprendre"), "click", () => resume());
once(byId("regarder"), "click", watch);
byId("recommencer").addEventListener("click", () => order.onRefused({ message: "", refused }));
