/** The retrieval page shows one scene at a time, each from its <template>. */

import { byId, copy, find, goTo, nameTab, say } from "./dom.js";

/**
 * @param {string} id of the template
 * @param {Record<string, import("./dom.js").Shown>} [values]
 * @param {string} [heading] where the reader is taken
 */
export function show(id, values = {}, heading = "h1") {
  const scene = byId("scene");
  scene.replaceChildren(copy(id, values));
  nameTab();
  window.scrollTo(0, 0);
  goTo(find(scene, heading));
}

/**
 * A button says within the press what is being done. @param {string} id @param {string} text
 * @returns {() => void} puts its words back, if it is still there
 */
export function announce(id, text) {
  const button = byId(id), words = button.textContent;
  button.textContent = text;
  say(text);
  return () => {
    button.textContent = words;
  };
}

/** Leave nothing on the page. */
export function clear() {
  byId("scene").replaceChildren();
}
