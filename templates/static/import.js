/** The import's file, read here since the form can only carry text; its going on by itself; and the ready text of « un CV est arrivé par mail ». */

import "./agent.js";
import { byId, first, once, say, tellField } from "./dom.js";

const CHUNK = 0x8000; // as many arguments as every browser takes at once

/** @param {ArrayBuffer} bytes @returns {string} base64url, which a form carries as it is, with its padding */
function encoded(bytes) {
  const view = new Uint8Array(bytes);
  let text = "";
  for (let start = 0; start < view.length; start += CHUNK) text += String.fromCharCode(...view.subarray(start, start + CHUNK));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_");
}

/** @param {HTMLFormElement} form */
function carry(form) {
  const input = byId("csv", "input");
  input.addEventListener("change", () => tellField("csv", ""));
  once(form, "submit", async () => {
    const file = input.files?.[0];
    if (!file) return refuse("Choisissez d’abord le fichier.");
    if (file.size > Number(form.dataset.plafond)) return refuse(form.dataset.trop || "");
    try {
      byId("csv-contenu", "input").value = encoded(await file.arrayBuffer());
    } catch {
      return refuse("Ce fichier ne peut pas être lu. Fermez-le dans le tableur, puis choisissez-le de nouveau.");
    }
    return form.submit();
  });
}

/** @param {string} message */
function refuse(message) {
  tellField("csv", message);
  byId("csv").focus();
}

/** @param {HTMLButtonElement} button */
function offerCopy(button) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const text = byId("texte", "textarea");
    try {
      await navigator.clipboard.writeText(text.value);
      button.textContent = "Texte copié";
      say("Le texte est copié.");
    } catch {
      text.select();
      say("Le texte est choisi : copiez-le avec le clavier.");
    }
  });
}

const form = first(document, "form#import");
if (form) carry(form);
const button = first(document, "button#copier");
if (button) offerCopy(button);
const rest = first(document, "form[data-suite]"); // an import that goes on by itself
if (rest) rest.requestSubmit();
