/** After the opening: fetch, open here, read, save, answer. Nothing of it outlives the page. */

import { showAnswers } from "./answers.js";
import { byId, copy, fill, find, goTo, nameTab, once, say, setIcon, tell } from "./dom.js";
import { capital, lastDay, size, theDocuments, together, words } from "./french.js";
import { callJson, Refusal, refusalOf } from "./http.js";
import { onceRead } from "./page.js";
import { ask } from "./question.js";
import { announce, show } from "./scene.js";
import { fromBase64, isTheBlob, NotAuthentic, openDocument } from "./seal.js";
import { keepLink } from "./token.js";
import { download } from "./transfer.js";

/**
 * @typedef {{kind: string, url: string, key: string, aad: string, nom: string, sha256: string}} Paper `sha256`: of the sealed bytes
 * @typedef {{documents: Paper[], efface_le: string}} Given what POST ouverture answers
 */

const FRESH_MS = 45_000; // an address serves for a minute

/** What arrived is not what was inspected. */
class Swapped extends Error {}

let token = "";
/** @type {import("./retrieve.js").View} */
let view;
/** @type {{reload: (note?: import("./act.js").Note) => Promise<void>, blocked: () => void}} */
let to;
/** @type {Map<string, {row: HTMLElement, url: string}>} what the page shows, by kind; `url` is "" until it is open */
let shown = new Map();
let visit = 0;
/** @type {() => Promise<void>} what « Réessayer » does: fetch what is missing, or ask again what may be answered */
let retry = complete;

/**
 * A link this browser opened before: open again, and answer; once its question is answered anew, if that is long ago.
 * @param {string} link @param {import("./retrieve.js").View} seen @param {typeof to} back @param {import("./act.js").Note} [note]
 */
export function offer(link, seen, back, note) {
  remember(link, seen, back);
  scene({
    titre: "Ouvert dans ce navigateur",
    efface: lastDay(seen.expire_le),
    rouvrir: seen.prouve ? `Rouvrir ${theDocuments(seen.documents)}` : "",
    question: seen.prouve, suite: seen.prouve, reprouver: !seen.prouve,
  });
  if (seen.attendu === "envoi") waitForOthers();
  if (seen.prouve) showAnswers(host(), note);
  else ask(token, seen, { onRight: () => to.reload(), onDead: () => to.reload(), onBlocked: to.blocked });
}

/**
 * Claim the documents, which this browser may repeat, then fetch and open them.
 * @param {string} link @param {import("./retrieve.js").View} seen @param {typeof to} back
 * @throws {import("./http.js").Refusal} when the claim itself is refused
 */
export async function claim(link, seen, back) {
  remember(link, seen, back);
  const mine = visit;
  /** @type {{data: Given}} */
  const { data } = await callJson("POST", "/retrait/ouverture", { token });
  if (mine !== visit) return; // the page was left meanwhile
  keepLink(token, { ...seen, etat: "ouvert_ici" });
  scene({
    titre: "Lisez, puis dites-le-nous",
    efface: lastDay(data.efface_le),
  });
  for (const paper of data.documents) addRow(paper);
  await fetchAll(data);
}

/** Revoke and drop whatever the page still holds. */
export function leave() {
  visit += 1;
  for (const { url } of shown.values()) if (url) URL.revokeObjectURL(url);
  shown = new Map();
}

/** One after the other, each from an address that still serves. @param {Given} given */
async function fetchAll(given) {
  const mine = visit;
  let current = { given, at: Date.now() };
  /** @param {string} kind */
  const fresh = async (kind) => {
    if (Date.now() - current.at > FRESH_MS) {
      current = { given: (await callJson("POST", "/retrait/ouverture", { token })).data, at: Date.now() };
    }
    const paper = current.given.documents.find((paper) => paper.kind === kind);
    if (!paper) throw new Refusal({ status: 502 });
    return paper;
  };
  try {
    for (const [kind, { row, url }] of shown) {
      if (!url) await fetchOne(await fresh(kind), row, () => mine === visit);
      if (mine !== visit) return;
    }
  } catch (error) {
    if (mine === visit) cut(error);
    return;
  }
  fill(byId("scene"), { coupe: false, question: true, copie: true });
  say(`${capital(theDocuments(view.documents))} : ouvert${together(view.documents).e}, vous pouvez lire`);
  await answers();
}

/** What may be answered now, beside the documents, which stay. @param {import("./act.js").Note} [note] */
async function answers(note) {
  const mine = visit;
  try {
    /** @type {{data: import("./retrieve.js").View}} */
    const { data } = await callJson("POST", "/retrait/apercu", { token });
    if (mine !== visit) return;
    view = { ...data, documents: view.documents };
    keepLink(token, view);
  } catch (error) {
    if (mine === visit) offerRetry(refusalOf(error).message, () => answers(note));
    return;
  }
  if (retry !== complete) {
    retry = complete;
    tell("lecture-erreur", "");
    fill(byId("scene"), { coupe: false });
  }
  fill(byId("scene"), { suite: true });
  showAnswers(host(), note);
}

/** @returns {import("./act.js").Host} */
function host() {
  return { token, view, place: byId("suite"), rest: byId("reste"), told: !byId("note").parentElement?.hidden, again: answers, ...to };
}

/** @param {Paper} paper @param {HTMLElement} row @param {() => boolean} stillHere */
async function fetchOne(paper, row, stillHere) {
  const bar = find(row, "progress");
  let sealed;
  bar.hidden = false;
  try {
    sealed = await download(paper.url, (share) => {
      bar.value = share * 100;
      rowSays(row, `Arrive : ${Math.floor(share * 100)} %`, "cloche");
    });
  } catch (refusal) {
    bar.hidden = !bar.value;
    rowSays(row, bar.value ? `Coupé${words(paper.kind).e} à ${Math.floor(bar.value)} %` : "Pas encore là", "triangle", "mal");
    throw refusal;
  }
  const key = fromBase64(paper.key);
  paper.key = "";
  try {
    if (!(await isTheBlob(sealed, paper.sha256))) throw new Swapped();
    const plain = await openDocument(sealed, key, paper.aad);
    if (stillHere()) place(plain, paper, row);
    plain.fill(0);
  } catch (refusal) {
    const how = refusal instanceof Swapped ? `Refusé${words(paper.kind).e}, pas ouvert${words(paper.kind).e}` : `Arrivé${words(paper.kind).e} en mauvais état`;
    rowSays(row, how, "triangle", "mal");
    throw refusal;
  } finally {
    key.fill(0);
    sealed.fill(0);
  }
}

/** Make a document readable and savable. @param {Uint8Array<ArrayBuffer>} plain @param {Paper} paper @param {HTMLElement} row */
function place(plain, paper, row) {
  const url = URL.createObjectURL(new Blob([plain], { type: "application/pdf" }));
  shown.set(paper.kind, { row, url });
  find(row, "progress").hidden = true;
  find(row, ".rang").hidden = false;
  rowSays(row, `Ouvert${words(paper.kind).e} ici`, "cloche-open", "bien");
  find(row, ".taille").textContent = ` · ${size(plain.length)}`;
  find(row, "[data-nom]").textContent = paper.nom;
  find(row, "a[data-lire]").href = url;
  const save = find(row, "a[data-enregistrer]");
  save.href = url;
  save.download = paper.nom;
}

/** @param {Paper} paper */
function addRow({ kind }) {
  const { title, the } = words(kind);
  const row = find(copy("t-document", { quoi: ` ${the}` }), "*");
  find(row, "b").textContent = title;
  find(row, "progress").setAttribute("aria-label", `Progression : ${title}`);
  find(row, "[data-lire]").textContent = `Lire ${the}`;
  find(row, ".rang").hidden = true;
  rowSays(row, "En attente", "cloche");
  byId("papiers").append(row);
  shown.set(kind, { row, url: "" });
}

/** @param {HTMLElement} row @param {string} text @param {string} icon @param {"" | "bien" | "mal"} [tone] */
function rowSays(row, text, icon, tone = "") {
  row.className = `doc ${tone}`;
  find(row, ".etat span").textContent = text;
  setIcon(find(row, ".etat"), icon);
}

/** The link is opened, a document is not here. What came before stays. @param {unknown} error */
function cut(error) {
  const over = error instanceof Refusal && error.status === 410;
  if (over && ![...shown.values()].some(({ url }) => url)) {
    to.reload();
    return;
  }
  offerRetry(over ? error.message : `${whatHappened(error)} Réessayez dans ce navigateur.`, complete);
}

/** The link is in this page alone, so that to load it anew would lose it. @param {string} message @param {() => Promise<void>} again */
function offerRetry(message, again) {
  retry = again;
  tell("lecture-erreur", message);
  byId("abandon").hidden = again !== complete;
  fill(byId("scene"), { coupe: true });
  byId("reessayer").focus();
}

/** @param {unknown} error @returns {string} */
function whatHappened(error) {
  if (error instanceof Swapped) {
    return `Ce qui est arrivé n’est pas le document que nous avions contrôlé : nous ne l’avons pas ouvert. Si cela recommence, prévenez ${view.expediteur.nom}, qui peut faire un nouvel envoi.`;
  }
  return error instanceof NotAuthentic ? "Un document est arrivé en mauvais état." : "Le téléchargement a coupé.";
}

/** Fetch what is missing. */
async function complete() {
  tell("lecture-erreur", "");
  try {
    const { data } = await callJson("POST", "/retrait/ouverture", { token });
    await fetchAll(data);
  } catch (error) {
    const refusal = refusalOf(error);
    cut(refusal);
    if (refusal.passing) tell("lecture-erreur", refusal.message);
  }
}

/** Ask for all of them once more; when that is refused, the page tells where the link stands. */
async function reopen() {
  const ended = announce("rouvrir", `Nous ouvrons ${theDocuments(view.documents)}…`);
  try {
    await claim(token, view, to);
  } catch (error) {
    const refusal = refusalOf(error);
    ended();
    if (refusal.passing || refusal.code === "link_spent") tell("lecture-erreur", refusal.message);
    else to.reload();
  }
}

/** @param {boolean} readable @param {boolean} [byTools] whether it is the reader's assistive tools that cannot */
async function answer(readable, byTools = false) {
  const place = byId("lu").parentElement?.hidden ? "lecture-erreur" : "lu-erreur";
  tell(place, "");
  try {
    await callJson("POST", "/retrait/reception", { token, lisible: readable, outils: byTools });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.passing) tell(place, refusal.message);
    else to.reload();
    return;
  }
  thank(readable);
  if (readable) answersFirst();
  await answers();
  if (readable) fill(byId("scene"), { note: kept() });
}

/** Once the documents are read, what comes next is what the page is for. */
function answersFirst() {
  find(byId("scene"), "h1").after(byId("suite"));
}

/** @param {boolean} readable */
function thank(readable) {
  const here = [...shown.values()].some(({ url }) => url);
  tell("lecture-erreur", "");
  fill(byId("scene"), {
    titre: "C’est noté",
    note: readable ? kept() : `${view.expediteur.nom} en recevra un message, et peut faire un nouvel envoi. Vous pouvez essayer encore dans ce navigateur.`,
    question: !readable && here,
    choix: false,
    coupe: false,
    rouvrir: !readable && !here ? `Rouvrir ${theDocuments(view.documents)}` : "",
    encore: !readable,
  });
  nameTab();
  noteSays(readable ? "fait" : "info", readable ? "Vous avez pu lire" : "Vous n’avez pas pu lire");
  if (!readable) {
    byId("lu-titre").textContent = "Finalement, vous avez pu ?";
    waitForOthers();
  }
  goTo(find(byId("scene"), "h1"));
}

/** Somebody else is awaited now, though the question may still be answered. */
function waitForOthers() {
  byId("lu").classList.add("autre");
  find(byId("lu"), ".sur").textContent = "Vous pouvez encore le dire";
  byId("lisible").classList.add("b2");
}

/** What becomes of the documents once they were read. @returns {string} */
function kept() {
  const { it } = together(view.documents);
  const here = [...shown.values()].some(({ url }) => url);
  return here ? `${onceRead()} Tant que cette page reste ouverte, vous pouvez encore ${it}enregistrer.` : onceRead();
}

/** @param {"fait" | "info"} kind @param {string} title */
function noteSays(kind, title) {
  byId("note").className = `avis ${kind}`;
  setIcon(byId("note"), kind === "fait" ? "tick" : "info");
  find(byId("note"), ".titre").textContent = title;
}

/** Show the scene with what it says, all the rest hidden. @param {Record<string, import("./dom.js").Shown>} said */
function scene(said) {
  leave();
  const { docs, it } = together(view.documents);
  show("t-lecture", {
    ouvert: "", encore: true, rouvrir: "", coupe: false, question: false, choix: true, note: "", suite: false,
    reprouver: false, copie: false, efface: "", nom: view.expediteur.nom, quoi: theDocuments(view.documents), docs, les: it, ...said,
  });
  if (!said.reprouver) byId("reprouver").parentElement?.remove();
  once(byId("rouvrir"), "click", reopen);
  once(byId("reessayer"), "click", () => retry());
  once(byId("lisible"), "click", () => answer(true));
  once(byId("illisible"), "click", () => answer(false));
  once(byId("outils"), "click", () => answer(false, true));
  once(byId("abandon"), "click", () => answer(false));
}

/** @param {string} link @param {import("./retrieve.js").View} seen @param {typeof to} back */
function remember(link, seen, back) {
  token = link;
  view = seen;
  to = back;
}
