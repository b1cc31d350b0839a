/** The document's way, as the page tells it: four stages, one card that says whose turn it is, and how to resume. */

import { deliver, deliverAgain, follow, forget } from "./delivery.js";
import { byId, goTo, once, say, setIcon } from "./dom.js";
import { capital, hour, size, typeset, words } from "./french.js";
import { Refusal } from "./http.js";

/**
 * @typedef {object} Order
 * @property {string} url where deposits are announced
 * @property {string} kind
 * @property {number} bytes of the document
 * @property {string} address
 * @property {() => Promise<import("./delivery.js").Parcel>} seal
 * @property {() => void} onArrived the document itself is needed no more
 * @property {(why: {message: string, field: string}) => void} onRefused something must be chosen again
 */

const STAGES = ["", "fermeture", "en route", "vérification", "départ du lien"];

/** @type {Order} */
let order;
/** @type {import("./delivery.js").Parcel | null} */
let parcel = null;
let share = 0;
let whyRefused = "";

/** Send a document and tell of it. @param {Order} asked */
export async function travel(asked) {
  order = asked;
  parcel = null;
  const row = byId("colis");
  row.querySelector("b").textContent = words(order.kind).title;
  row.querySelector(".taille").textContent = ` · ${size(order.bytes)}`;
  byId("recommencer").textContent = `Choisir ${words(order.kind).another}`;
  await attempt(deliver);
}

/** @param {typeof deliver} way */
async function attempt(way) {
  window.addEventListener("beforeunload", holdBack);
  share = 0;
  card({ title: "Gardez cette page ouverte", text: "Si la connexion coupe, votre fichier reste choisi ici." });
  try {
    stage(1);
    rowSays("Se ferme", "cloche");
    parcel = parcel || (await order.seal());
    stage(2);
    moved(0);
    await way(order.url, parcel, moved);
  } catch (refusal) {
    stopped(refusal instanceof Refusal ? refusal : new Refusal({ status: 500 }));
    return;
  }
  window.removeEventListener("beforeunload", holdBack);
  forget(parcel);
  order.onArrived();
  await watch();
}

/** @param {number} now share of the bytes that left, 0 to 1 */
function moved(now) {
  const before = Math.floor(share * 4);
  share = now;
  const percent = Math.floor(now * 100);
  rowSays(`Fermé${words(order.kind).e}, en route : ${percent} %`, "cloche", "", percent);
  const quarter = Math.floor(now * 4);
  if (quarter > before && quarter < 4) say(`${quarter * 25} % envoyés`);
}

/** The bytes did not all leave. @param {Refusal} refusal */
function stopped(refusal) {
  const { the, e } = words(order.kind);
  if (!refusal.passing) {
    window.removeEventListener("beforeunload", holdBack);
    order.onRefused(refusal);
    return;
  }
  const percent = Math.min(99, Math.floor(share * 100));
  if (percent) rowSays(`Coupé${e} à ${percent} %`, "triangle", "mal", percent);
  else rowSays(`Pas encore parti${e}`, "triangle", "mal");
  byId("etapes").querySelector("[aria-current] span").textContent = typeset(" : arrêté");
  const kept = `${capital(the)} est gardé${e} dans cette page.`;
  if (refusal.status === 401) {
    card({
      label: "À vous",
      title: "Votre session a expiré",
      text: `${kept} Reconnectez-vous dans un autre onglet, puis revenez ici et reprenez l’envoi.`,
      acts: ["connexion", "reprendre"],
    });
  } else if (refusal.status === 0) {
    card({
      label: "À vous",
      title: "La connexion a coupé",
      text: `Rien n’est perdu : ${the} est gardé${e} dans cette page. Quand la connexion revient, reprenez l’envoi.`,
      acts: ["reprendre"],
    });
  } else {
    card({ label: "À vous", title: "L’envoi s’est arrêté", text: `${refusal.message} ${kept}`, acts: ["reprendre"] });
  }
  goTo(byId("etape-titre"));
}

/** The bytes are there: the rest is done without this page, which only looks. */
async function watch() {
  const { the, e } = words(order.kind);
  say(`${capital(the)} est arrivé${e}`);
  arrived(3);
  let outcome;
  try {
    outcome = await follow(parcel.deposit, (progress) => {
      if (progress) arrived(progress.etat === "verifie" ? 4 : 3);
      else byId("etape-texte").textContent = "La connexion a coupé. Rien n’est perdu, nous regardons de nouveau.";
    });
  } catch (refusal) {
    unseen(refusal.status === 401 ? "Votre session a expiré." : refusal.message, refusal.status === 401);
    return;
  }
  if (outcome) settled(outcome);
  else unseen("La vérification prend plus de temps que d’habitude.", false);
}

/** @param {3 | 4} now */
function arrived(now) {
  const { the, e } = words(order.kind);
  stage(now);
  rowSays(now === 4 ? `Vérifié${e}` : `Arrivé${e}`, "tick", "bien", 100);
  card({
    yours: false,
    title: now === 4 ? "Le lien va partir" : `Nous vérifions ${the}`,
    text: "Vous pouvez attendre ici quelques secondes, ou fermer cette page : la suite se fait sans vous.",
  });
}

/** What became of it cannot be told for now. @param {string} why @param {boolean} signedOut */
function unseen(why, signedOut) {
  const { the, e } = words(order.kind);
  card({
    yours: false,
    label: "La suite se fait sans vous",
    title: `${capital(the)} est bien arrivé${e}`,
    text: `${why} Rien n’est perdu : vous recevrez un message quand le lien sera parti, ou si ${the} est refusé${e}.`,
    acts: signedOut ? ["connexion", "regarder"] : ["regarder", "retour"],
  });
  goTo(byId("etape-titre"));
}

/** @param {{progress: import("./delivery.js").Progress, at: Date, seen: boolean}} outcome */
function settled({ progress, at, seen }) {
  const { the, e, another } = words(order.kind);
  const { etat, envoi } = progress;
  if (etat === "refuse") {
    const { message = "" } = progress.documents.find(({ kind }) => kind === order.kind) || {};
    whyRefused = message || "Ce PDF n’a pas pu être vérifié. Réexportez-le.";
    rowSays(`Refusé${e}`, "octagon", "mal");
    card({
      label: "À vous",
      title: `Choisissez ${another}`,
      text: `${whyRefused} Rien n’a été envoyé à l’entreprise.`,
      acts: ["recommencer", "retour"],
    });
  } else if (envoi === "echoue") {
    rowSays(`Vérifié${e}`, "tick", "bien");
    card({
      label: "À vous",
      title: "Le message n’a pas pu partir",
      text: `${capital(the)} est bien arrivé${e}, mais ${order.address} n’a rien reçu. Vérifiez cette adresse avec l’entreprise.`,
      acts: ["retour"],
    });
  } else if (["parti", "ouvert", "remis", "illisible"].includes(etat)) {
    stage(5);
    rowSays(`Vérifié${e}`, "tick", "bien");
    byId("titre").textContent = "C’est parti";
    card({
      yours: false,
      label: "C’est fait",
      title: `Le lien est parti${seen && etat === "parti" ? ` à ${hour(at)}` : ""}`,
      text: `À ${order.address}. ${etat === "parti" ? "Vous en recevez un avis par messagerie, et le parcours dira quand il est ouvert." : "Il a déjà été ouvert."}`,
      acts: ["retour"],
    });
  } else {
    rowSays("N’est plus chez nous", "cloche-gone");
    card({
      label: "À vous",
      title: "Cet envoi est arrêté",
      text: `${capital(the)} est effacé${e} de notre côté. Le parcours dit quand et pourquoi.`,
      acts: ["retour"],
    });
  }
  byId("suite").hidden = etat !== "parti";
  goTo(byId("etape-titre"));
  say(byId("etape-titre").textContent);
}

/** @param {number} now the stage under way, 5 when all are done */
function stage(now) {
  byId("suite").hidden = false;
  byId("etapes").querySelectorAll("li").forEach((line, index) => {
    const [done, current] = [index + 1 < now, index + 1 === now];
    line.querySelector("span").textContent = typeset(done ? " : fait" : current ? " : en cours" : "");
    if (current) line.setAttribute("aria-current", "step");
    else line.removeAttribute("aria-current");
  });
  byId("etape").querySelector(".sur").textContent = typeset(`Étape ${now} sur 4 : ${STAGES[now] || "fait"}`);
}

/** @param {string} text @param {string} icon @param {"" | "bien" | "mal"} [tone] @param {number} [percent] no bar without */
function rowSays(text, icon, tone = "", percent) {
  const row = byId("colis");
  row.className = `doc ${tone}`;
  row.querySelector(".etat span").textContent = typeset(text);
  setIcon(row.querySelector(".etat"), icon);
  const bar = row.querySelector("progress");
  bar.hidden = percent === undefined;
  bar.value = percent || 0;
}

/**
 * The card of this page: yellow when the tutor must act. Its first act is the filled button.
 * @param {{title: string, text: string, label?: string, yours?: boolean, acts?: string[]}} what
 */
function card({ title, text, label, yours = true, acts = [] }) {
  byId("etape").classList.toggle("autre", !yours);
  byId("etape-titre").textContent = typeset(title);
  byId("etape-texte").textContent = typeset(text);
  if (label) byId("etape").querySelector(".sur").textContent = typeset(label);
  for (const button of byId("actes").children) {
    button.hidden = !acts.includes(button.id);
    button.classList.toggle("b2", button.id !== acts[0]);
  }
  byId("actes").hidden = !acts.length;
}

/** @param {BeforeUnloadEvent} event */
function holdBack(event) {
  event.preventDefault();
  event.returnValue = ""; // older browsers ask only then
}

once(byId("reprendre"), "click", () => attempt(deliverAgain));
once(byId("regarder"), "click", watch);
byId("recommencer").addEventListener("click", () => order.onRefused({ message: whyRefused, field: "documents" }));
