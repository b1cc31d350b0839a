/** Lists: the address of a view is copied. */

import "./agent.js";
import { byId, first } from "./dom.js";
import { typeset } from "./french.js";

const COPIED = "Lien copié. Qui le reçoit voit cette vue, dans ses droits.";
const KEPT = "Le navigateur refuse la copie : copiez l’adresse de cette page.";

const link = first(document, "a[data-copier]");
if (link && navigator.clipboard) {
  link.textContent = "Copier le lien de cette vue";
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const told = byId("copie");
    try {
      await navigator.clipboard.writeText(link.href);
      told.textContent = COPIED;
    } catch {
      told.textContent = typeset(KEPT);
    }
  });
}
