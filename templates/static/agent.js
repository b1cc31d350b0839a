/** Every page of an agent: what was just done is said once, and what is folded for a phone stands open where there is room. */

import { all } from "./dom.js";

const ROOM = "(min-width: 62rem)";

const here = new URL(location.href);
if (here.searchParams.has("fait") && document.querySelector("[data-une-fois]")) {
  here.searchParams.delete("fait");
  history.replaceState(history.state, "", here);
}
for (const folded of all(document, "details[data-large]")) folded.open = matchMedia(ROOM).matches;
