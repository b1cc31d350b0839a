/** Every page of an agent: what was just done is said once; what is folded opens where there is room, or where a link names it; printing. */

import { all } from "./dom.js";

const ROOM = "(min-width: 62rem)";

const here = new URL(location.href);
if (here.searchParams.has("fait") && document.querySelector("[data-une-fois]")) {
  here.searchParams.delete("fait");
  history.replaceState(history.state, "", here);
}
for (const folded of all(document, "details[data-large]")) folded.open = matchMedia(ROOM).matches;
const named = document.getElementById(here.hash.slice(1));
if (named?.closest("details")) {
  /** @type {HTMLDetailsElement} */ (named.closest("details")).open = true;
  named.scrollIntoView();
}
const printing = document.getElementById("imprimer");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => globalThis.print());
  if (named === printing) globalThis.print();
}
