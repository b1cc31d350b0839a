/** After the opening: fetch, open here, read, save, answer. Nothing of it outlives the page. */

import { byId, copy, fill, goTo, once, say, setIcon, tell } from "./dom.js";
import { capital, hour, moment, size, theDocuments, typeset, when, words } from "./french.js";
import { callJson } from "./http.js";
import { show } from "./scene.js";
import { fromBase64, NotAuthentic, openDocument } from "./seal.js";
import { download } from "./transfer.js";

/** @typedef {{kind: string, url: string, key: string, aad: string, nom: string}} Paper */

const ANSWERED = "Votre réponse est enregistrée";
const ERASED = "Nous effaçons le document de notre côté, dans les 15 minutes au plus.";

/** @type {string | null} */
let token = null;
/** @type {import("./retrieve.js").View} */
let view;
let reload = () => {};
/** @type {string[]} addresses of what is open in this page */
let openUrls = [];
let visit = 0;

/**
 * A link this browser opened before: open again while it may, and answer; or see that the answer was taken.
 * @param {string} link @param {import("./retrieve.js").View} seen @param {{reload: () => void}} to
 */
export function offer(link, seen, to) {
  remember(link, seen, to);
  const { jusqu_a: until, confirme: done } = seen;
  const gone = seen.etat === "efface"; // then `depuis` is when it was erased
  scene({
    titre: done ? "Merci, c’est noté" : until ? "Ouvert dans ce navigateur" : "Dites-nous si vous avez pu lire",
    ouvert: seen.depuis && !gone ? `Ouvert ici ${when(seen.depuis)}` : "",
    fenetre: !done && until ? hour(until) : "",
    passe: !done && !until,
    rouvrir: !done && until ? `Rouvrir ${theDocuments(seen.documents)}` : "",
    question: !done,
    note: !done ? "" : gone ? "Le document est effacé de notre côté." : ERASED,
    suite: true,
  });
  noteSays("fait", ANSWERED);
}

/**
 * Claim the documents, which this browser may repeat for some minutes, then fetch and open them.
 * @param {string} link @param {import("./retrieve.js").View} seen @param {{reload: () => void}} to
 * @throws {import("./http.js").Refusal} when the claim itself is refused
 */
export async function claim(link, seen, to) {
  remember(link, seen, to);
  const mine = visit;
  const { data, at } = await callJson("POST", "/retrait/ouverture", { token });
  if (mine !== visit) return; // the page was left meanwhile
  scene({
    titre: "Lisez, puis dites-le-nous",
    ouvert: `Ouvert ici ${when(seen.depuis || at)}`,
    fenetre: hour(data.jusqu_a),
    efface: data.efface_le ? moment(data.efface_le) : "",
  });
  await fetchAll(data.documents, data.jusqu_a);
}

/** Revoke and drop whatever the page still holds. */
export function leave() {
  visit += 1;
  openUrls.forEach((url) => URL.revokeObjectURL(url));
  openUrls = [];
}

/** @param {Paper[]} papers @param {string} until */
async function fetchAll(papers, until) {
  const mine = visit;
  const rows = papers.map(addRow);
  try {
    for (const [index, paper] of papers.entries()) {
      await fetchOne(paper, rows[index], () => mine === visit);
    }
  } catch (error) {
    if (mine === visit) cut(error, until);
    return;
  }
  if (mine !== visit) return;
  fill(byId("scene"), { question: true, suite: true, copie: true });
  say(`${capital(theDocuments(view.documents))} : ouvert, vous pouvez lire`);
}

/** @param {Paper} paper @param {HTMLElement} row @param {() => boolean} stillHere */
async function fetchOne(paper, row, stillHere) {
  const bar = row.querySelector("progress");
  let sealed;
  try {
    sealed = await download(paper.url, (share) => {
      bar.value = share * 100;
      rowSays(row, `Il arrive : ${Math.floor(share * 100)} %`, "cloche");
    });
  } catch (refusal) {
    bar.hidden = !bar.value;
    rowSays(row, bar.value ? `Coupé à ${Math.floor(bar.value)} %` : "Pas arrivé", "triangle", "mal");
    throw refusal;
  }
  const key = fromBase64(paper.key);
  paper.key = "";
  try {
    const plain = await openDocument(sealed, key, paper.aad);
    if (stillHere()) place(plain, paper, row);
    plain.fill(0);
  } catch (refusal) {
    rowSays(row, "Arrivé abîmé", "triangle", "mal");
    throw refusal;
  } finally {
    key.fill(0);
    sealed.fill(0);
  }
}

/** Make a document readable and savable. @param {Uint8Array} plain @param {Paper} paper @param {HTMLElement} row */
function place(plain, paper, row) {
  const url = URL.createObjectURL(new Blob([plain], { type: "application/pdf" }));
  openUrls.push(url);
  row.querySelector("progress").hidden = true;
  row.querySelector(".rang").hidden = false;
  rowSays(row, `Ouvert${words(paper.kind).e} ici`, "cloche-open", "bien");
  row.querySelector(".taille").textContent = ` · ${size(plain.length)}`;
  row.querySelector("[data-lire]").href = url;
  const save = row.querySelector("[data-enregistrer]");
  save.href = url;
  save.download = paper.nom;
}

/** @param {Paper} paper @returns {HTMLElement} */
function addRow(paper) {
  const { title, the } = words(paper.kind);
  const row = copy("t-document", { quoi: ` ${the}` }).firstElementChild;
  row.querySelector("b").textContent = title;
  row.querySelector("[data-lire]").textContent = `Lire ${the}`;
  row.querySelector(".rang").hidden = true;
  row.querySelector("progress").hidden = false;
  rowSays(row, "Il arrive", "cloche");
  byId("papiers").append(row);
  return row;
}

/** @param {HTMLElement} row @param {string} text @param {string} icon @param {"" | "bien" | "mal"} [tone] */
function rowSays(row, text, icon, tone = "") {
  row.className = `doc ${tone}`;
  row.querySelector(".etat span").textContent = typeset(text);
  setIcon(row.querySelector(".etat"), icon);
}

/** The link is opened, the document is not here. @param {Error} error @param {string} until */
function cut(error, until) {
  const what = error instanceof NotAuthentic ? "Le document est arrivé abîmé." : "Le téléchargement a coupé.";
  tell("lecture-erreur", `${what} Réessayez dans ce navigateur, jusqu’à ${hour(until)}.`);
  fill(byId("scene"), { coupe: true });
  byId("reessayer").focus();
}

/** Ask for the documents once more; when that is refused, the page tells where the link stands. */
async function again() {
  try {
    await claim(token, view, { reload });
  } catch (refusal) {
    if (refusal.passing) tell("lecture-erreur", refusal.message);
    else reload();
  }
}

/** @param {boolean} readable */
async function answer(readable) {
  const place = byId("lu").parentElement.hidden ? "lecture-erreur" : "lu-erreur";
  tell(place, "");
  try {
    await callJson("POST", "/retrait/reception", { token, lisible: readable });
  } catch (refusal) {
    if (refusal.passing) tell(place, refusal.message);
    else reload();
    return;
  }
  thank(readable);
}

/** @param {boolean} readable */
function thank(readable) {
  const name = view.expediteur.nom;
  const here = openUrls.length > 0;
  const kept = here ? " Tant que cette page reste ouverte, vous pouvez encore le lire et l’enregistrer." : "";
  tell("lecture-erreur", "");
  fill(byId("scene"), {
    titre: readable ? "Merci, c’est noté" : "C’est noté",
    note: readable ? ERASED + kept : `${name} le verra. Répondez aussi au message reçu, en disant ce qui n’a pas marché.`,
    question: !readable && here,
    encore: false,
    coupe: false,
    suite: true,
  });
  if (readable) fill(byId("scene"), { fenetre: "", rouvrir: "" });
  else if (!here) fill(byId("scene"), { rouvrir: `Essayer encore d’ouvrir ${theDocuments(view.documents)}` });
  noteSays(readable ? "fait" : "info", readable ? ANSWERED : "Vous n’avez pas pu lire le document");
  if (!readable) byId("lu-titre").textContent = typeset("Finalement, vous avez pu ?");
  goTo(byId("scene").querySelector("h1"));
}

/** @param {"fait" | "info"} kind @param {string} title */
function noteSays(kind, title) {
  byId("note").className = `avis ${kind}`;
  setIcon(byId("note"), kind === "fait" ? "tick" : "info");
  byId("note").querySelector(".titre").textContent = typeset(title);
}

/** Show the scene with what it says, all the rest hidden. @param {Record<string, any>} said */
function scene(said) {
  leave();
  show("t-lecture", {
    ouvert: "", fenetre: "", passe: false, rouvrir: "", coupe: false, question: false, encore: true, note: "", suite: false,
    copie: false, efface: "", nom: view.expediteur.nom, quoi: theDocuments(view.documents), ...said,
  });
  once(byId("rouvrir"), "click", again);
  once(byId("reessayer"), "click", again);
  once(byId("lisible"), "click", () => answer(true));
  once(byId("illisible"), "click", () => answer(false));
  once(byId("abandon"), "click", () => answer(false));
}

/** @param {string} link @param {import("./retrieve.js").View} seen @param {{reload: () => void}} to */
function remember(link, seen, to) {
  token = link;
  view = seen;
  reload = to.reload;
}
