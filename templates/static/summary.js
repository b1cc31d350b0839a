/** The summary of a RUN: its table is copied as text, or printed. */

import "./agent.js";
import { byId } from "./dom.js";

const COPIED = "Résumé copié.";
const KEPT = "Le navigateur refuse la copie\u00a0: sélectionnez le tableau.";

const table = document.getElementById("resume");
if (table) {
  const print = byId("imprimer", "button");
  print.hidden = false;
  print.addEventListener("click", () => globalThis.print());
}
if (table && navigator.clipboard) {
  const copy = byId("copier", "button");
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const told = byId("copie");
    try {
      await navigator.clipboard.writeText(table.innerText);
      told.textContent = COPIED;
    } catch {
      told.textContent = KEPT;
    }
  });
}
