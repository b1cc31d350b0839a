/** The retrieval page shows one scene at a time, each from its <template>. */

import { byId, copy, goTo } from "./dom.js";

/**
 * @param {string} id of the template
 * @param {Record<string, any>} [values]
 * @param {string} [heading] where the reader is taken
 */
export function show(id, values = {}, heading = "h1") {
  const scene = byId("scene");
  scene.replaceChildren(copy(id, values));
  document.title = `${scene.querySelector("h1").textContent} · Passe-plat`;
  window.scrollTo(0, 0);
  goTo(scene.querySelector(heading));
}

/** Leave nothing on the page. */
export function clear() {
  byId("scene").replaceChildren();
}
