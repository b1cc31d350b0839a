/** The page of a young person: the key leaves the address for the form, and « Fermer » leaves nothing to go back to. */

import { byId, first, find } from "./dom.js";

const KEY = /^#(CSF-[2-9A-Z]{4}-\d\d)\.([0-9a-f]{32})$/;

const form = first(document, "form#suivi");
if (form) fillIn(form);
addEventListener("click", (event) => {
  const link = !form && event.target instanceof Element && event.target.closest("a");
  if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  location.replace(link.href); // in place of this page, so that nothing leads back to its key
});
addEventListener("submit", (event) => {
  const act = event.target;
  if (!(act instanceof HTMLFormElement && act.matches(".geste"))) return;
  event.preventDefault();
  press(act).catch(() => act.submit()); // as without this script: pressed twice, it is done once
});

/** Do what is pressed, and show the answer in place of this page: « Précédent » leads to no earlier one. @param {HTMLFormElement} act */
async function press(act) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(act)) body.set(name, String(value));
  const answer = await fetch(act.action, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!first(page, "main")) throw new Error("no page of ours"); // it is sent as without this script
  document.body.replaceWith(page.body); // whole: the icons of a page are drawn below its main part
  scrollTo(0, 0);
  const receipt = first(document, "[role=status], [role=alert]");
  if (receipt) receipt.tabIndex = -1;
  receipt?.focus(); // whoever listens to the page hears what became of the press
}

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
