/** The page of a young person: the key leaves the address for the form, and « Fermer » leaves nothing to go back to. */

import { byId, first, find } from "./dom.js";

const KEY = /^#(CSF-[2-9A-Z]{4}-\d\d)\.([0-9a-f]{32})$/;

const form = first(document, "form#suivi");
if (form) fillIn(form);
first(document, "a#fermer")?.addEventListener("click", (event) => {
  event.preventDefault();
  location.replace("/suivi"); // in place of this page, so that « Précédent » does not lead back to it
});

/** Move the key from the address into the form, which is sent by a press alone. @param {HTMLFormElement} form */
function fillIn(form) {
  const key = KEY.exec(location.hash);
  history.replaceState(null, "", location.pathname);
  addEventListener("pageshow", (event) => event.persisted && form.reset());
  if (!key) return;
  find(form, "input#reference").value = key[1];
  find(form, "input#cle").value = key[2];
  byId("saisie").hidden = true;
  byId("lu").hidden = false;
}
