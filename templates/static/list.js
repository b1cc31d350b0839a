/** Lists: the address of a view is copied. */

import "./agent.js";
import { byId, first } from "./dom.js";

const COPIED =
  "Lien copié. Chaque compte voit les parcours qui lui sont ouverts : la liste peut être différente chez la personne qui reçoit ce lien.";
const KEPT = "Le navigateur refuse la copie : copiez l’adresse de cette page.";

const link = first(document, "a[data-copier]");
if (link && navigator.clipboard) {
  link.textContent = "Copier le lien de cette liste";
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const told = byId("copie");
    try {
      await navigator.clipboard.writeText(link.href);
      told.textContent = COPIED;
    } catch {
      told.textContent = KEPT;
    }
  });
}
