/** What the sending page shows of the way: one row for each document, four stages, one card that says whose turn it is. */

import { all, byId, fill, find, mark, setIcon } from "./dom.js";
import { KINDS, size, words } from "./french.js";

const STAGES = ["", "fermeture", "en route", "vérification", "départ du lien"];

/** One row for each document that travels. @param {{kind: string, bytes: number}[]} documents */
export function setRows(documents) {
  for (const kind of KINDS) {
    const paper = documents.find((sealed) => sealed.kind === kind);
    const row = byId(`colis-${kind}`);
    row.hidden = !paper;
    if (paper) find(row, ".taille").textContent = ` · ${size(paper.bytes)}`;
    rowMessage(kind, "");
  }
}

/**
 * @param {string} kind @param {string} text @param {string} icon @param {"" | "bien" | "mal"} [tone]
 * @param {number} [percent] no bar without
 */
export function rowSays(kind, text, icon, tone = "", percent) {
  const row = byId(`colis-${kind}`);
  row.className = `doc ${tone}`;
  find(row, ".etat span").textContent = text;
  setIcon(find(row, ".etat"), icon);
  const bar = find(row, "progress");
  bar.hidden = percent === undefined;
  bar.value = percent || 0;
}

/** A sentence under a document, or none (""). @param {string} kind @param {string} message */
export function rowMessage(kind, message) {
  const line = find(byId(`colis-${kind}`), ".message");
  line.hidden = !message;
  /** @type {HTMLElement} */ (line.parentElement).hidden = !message;
  line.textContent = message;
}

/** A document on its way. @param {string} kind @param {number} share from 0 to 1 */
export function rowMoves(kind, share) {
  const percent = Math.floor(share * 100);
  if (share < 1) rowSays(kind, `Chiffré${words(kind).e}, en route : ${percent} %`, "cloche", "", percent);
  else rowSays(kind, `Arrivé${words(kind).e}`, "tick", "bien", 100);
}

/** All of them together. @param {number | null} share from 0 to 1; null takes the bar away @param {string} [text] */
export function total(share, text = "") {
  const bar = byId("total", "progress");
  bar.hidden = share === null;
  bar.value = (share || 0) * 100;
  if (text) byId("etape-texte").textContent = text;
}

/** @param {number} now the stage under way, 5 when all are done */
export function stage(now) {
  byId("suite").hidden = false;
  all(byId("etapes"), "li").forEach((line, index) => {
    const [done, current] = [index + 1 < now, index + 1 === now];
    find(line, "span").textContent = done ? " : fait" : current ? " : en cours" : "";
    mark(line, "aria-current", current ? "step" : "");
  });
  find(byId("etape"), ".sur").textContent = `Étape ${Math.min(now, 4)} sur 4 : ${STAGES[now] || "fait"}`;
}

/** The stage under way goes no further for now. */
export function halt() {
  for (const current of all(byId("etapes"), "[aria-current] span")) current.textContent = " : arrêté";
}

/**
 * The card of this page: yellow when the tutor must act. Its first act is the filled button.
 * @param {{title: string, text: string, label?: string, yours?: boolean, acts?: string[], host?: string}} what `host`: the
 *   storage that this network blocks
 */
export function card({ title, text, label, yours = true, acts = [], host = "" }) {
  byId("etape").classList.toggle("autre", !yours);
  byId("etape-titre").textContent = title;
  byId("etape-texte").textContent = text;
  if (label) find(byId("etape"), ".sur").textContent = label;
  total(null);
  byId("blocage").hidden = !host;
  fill(byId("blocage"), { host });
  for (const button of all(byId("actes"), "[id]")) {
    button.hidden = !acts.includes(button.id);
    button.classList.toggle("b2", button.id !== acts[0]);
  }
  byId("actes").hidden = !acts.length;
}
