/** The few gestures both pages make on their HTML. Everything is text: nothing here ever parses HTML. */

import { typeset } from "./french.js";

/** @param {string} id @returns {HTMLElement} */
export const byId = (id) => document.getElementById(id);

/**
 * Write values where `data-t` names them, and show or hide what `data-if` names. What is not named stays as it is.
 * @param {ParentNode} root
 * @param {Record<string, string | number | boolean | null>} values
 */
export function fill(root, values) {
  for (const node of root.querySelectorAll("[data-t]")) {
    if (node.dataset.t in values) node.textContent = typeset(String(values[node.dataset.t]));
  }
  for (const node of root.querySelectorAll("[data-if]")) {
    if (node.dataset.if in values) node.hidden = !values[node.dataset.if];
  }
}

/**
 * What several templates hold is a template of its own, which `data-modele` names.
 * @param {string} id of a <template> @param {Record<string, any>} values @returns {DocumentFragment}
 */
export function copy(id, values) {
  const part = document.importNode(byId(id).content, true);
  for (const place of part.querySelectorAll("[data-modele]")) place.replaceWith(document.importNode(byId(place.dataset.modele).content, true));
  fill(part, values);
  return part;
}

/** Move the reader, her screen reader and her keyboard to a heading. @param {HTMLElement} heading */
export function goTo(heading) {
  heading.tabIndex = -1;
  heading.focus();
}

/** The tab says what the page says: to be called whenever its first heading changes. */
export function nameTab() {
  document.title = `${document.querySelector("h1").textContent} · Passe-plat`;
}

/** @param {Element} around what holds the icon, first @param {string} name of the symbol */
export function setIcon(around, name) {
  around.querySelector("use").setAttribute("href", `#i-${name}`);
}

/**
 * Say what is wrong with a field, between its hint and itself, or that nothing is any more ("").
 * Its parts are `<name>-champ`, `<name>-erreur` and, when there is one, `<name>`.
 * @param {string} name @param {string} message
 */
export function tellField(name, message) {
  const error = byId(`${name}-erreur`);
  error.hidden = !message;
  error.querySelector("span").textContent = typeset(message);
  byId(`${name}-champ`).classList.toggle("faux", Boolean(message));
  const input = byId(name);
  if (!input) return;
  const others = (input.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && id !== error.id);
  const described = message ? [...others, error.id] : others;
  if (described.length) input.setAttribute("aria-describedby", described.join(" "));
  else input.removeAttribute("aria-describedby");
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/** Show a message in a line of its own, or take it away (""). @param {string} id @param {string} message */
export function tell(id, message) {
  byId(id).hidden = !message;
  byId(id).textContent = typeset(message);
}

/** Say aloud, to those who listen, what the others see. @param {string} text */
export function say(text) {
  byId("annonce").textContent = typeset(text);
}

/**
 * A press that is acted on once, however often it comes before the end; meanwhile its button shows that it is busy.
 * @param {HTMLElement} target a button, or a form @param {string} event @param {() => Promise<void>} act
 */
export function once(target, event, act) {
  const button = target.matches("form") ? target.querySelector("button:not([type=button])") : target;
  let busy = false;
  target.addEventListener(event, async (happening) => {
    happening.preventDefault();
    if (busy) return;
    busy = true;
    button.setAttribute("aria-busy", "true");
    try {
      await act();
    } finally {
      busy = false;
      button.removeAttribute("aria-busy");
    }
  });
}
