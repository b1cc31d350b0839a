/** The few gestures both pages make on their HTML. Everything is text: nothing here ever parses HTML. */


/** @typedef {HTMLElementTagNameMap} Tags */
/**
 * @template {string} S
 * @typedef {S extends `${string} ${infer Last}` ? Named<Last>
 *   : S extends `${infer Front}:${string}` ? Named<Front>
 *   : S extends `${infer Front}[${string}` ? Named<Front>
 *   : S extends `${infer Front}#${string}` ? Named<Front>
 *   : S extends keyof Tags ? Tags[S]
 *   : HTMLElement} Named what a selector finds: its last word begins with a tag, or names anything
 */

/**
 * The first that a selector names, if there is one.
 * @template {string} S
 * @param {ParentNode} root @param {S} selector @returns {Named<S> | null}
 */
export const first = (root, selector) => root.querySelector(selector);

/**
 * The first that a selector names, which the page has: else what is done with it fails.
 * @template {string} S
 * @param {ParentNode} root @param {S} selector @returns {Named<S>}
 */
export const find = (root, selector) => /** @type {Named<S>} */ (root.querySelector(selector));

/**
 * The element of this id, which the page has.
 * @template {keyof Tags | ""} [T=""]
 * @param {string} id @param {T | ""} [tag] @returns {Named<`${T}#${string}`>}
 */
export const byId = (id, tag = "") => /** @type {Named<`${T}#${string}`>} */ (find(document, `${tag}#${id}`));

/**
 * All that a selector names, or none.
 * @template {string} S
 * @param {ParentNode} root @param {S} selector @returns {Named<S>[]}
 */
export const all = (root, selector) => [.../** @type {NodeListOf<Named<S>>} */ (root.querySelectorAll(selector))];

/**
 * Write values where `data-t` names them, and show or hide what `data-if` names. What is not named stays as it is.
 * @param {ParentNode} root
 * @param {Record<string, Shown>} values
 */
export function fill(root, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const node of all(root, `[data-t=${name}]`)) node.textContent = String(value);
    for (const node of all(root, `[data-if=${name}]`)) node.hidden = !value;
  }
}

/** @param {ParentNode} root @returns {HTMLInputElement | null} what is chosen there, or ticked */
export const checked = (root) => first(root, "input:checked");

/** @typedef {string | number | boolean | null | undefined} Shown what a place of a page shows, or whether it does */

/**
 * What several templates hold is a template of its own, which `data-modele` names.
 * @param {string} id of a <template> @param {Record<string, Shown>} values @returns {DocumentFragment}
 */
export function copy(id, values) {
  const part = document.importNode(byId(id, "template").content, true);
  for (const place of all(part, "[data-modele]")) place.replaceWith(copy(String(place.dataset.modele), {}));
  fill(part, values);
  return part;
}

/** Fill the list of a part. @param {DocumentFragment} part @param {string[]} texts */
export function addLines(part, texts) {
  for (const text of texts) {
    const line = document.createElement("li");
    line.textContent = text;
    find(part, "[data-liste]").append(line);
  }
}

/** Move the reader, her screen reader and her keyboard to a heading. @param {HTMLElement} heading */
export function goTo(heading) {
  heading.tabIndex = -1;
  heading.focus();
}

/** The tab says what the page says: to be called whenever its first heading changes. */
export function nameTab() {
  document.title = `${find(document, "h1").textContent} · Passe-plat`;
}

/** @param {Element} around what holds the icon, first @param {string} name of the symbol */
export function setIcon(around, name) {
  around.querySelector("use")?.setAttribute("href", `#i-${name}`);
}

/**
 * Say what is wrong with a field, between its hint and itself, or that nothing is any more ("").
 * Its parts are `<name>-champ`, `<name>-erreur` and, when there is one, `<name>`.
 * @param {string} name @param {string} message
 */
export function tellField(name, message) {
  const error = byId(`${name}-erreur`);
  error.hidden = !message;
  find(error, "span").textContent = message;
  byId(`${name}-champ`).classList.toggle("faux", Boolean(message));
  const input = document.getElementById(name);
  if (!input) return;
  const others = (input.getAttribute("aria-describedby") || "").split(" ").filter((id) => id !== error.id);
  mark(input, "aria-describedby", [...others, message && error.id].filter(Boolean).join(" "));
  mark(input, "aria-invalid", message && "true");
}

/** What is changed is wrong no more, until it is looked at again; nor is the form that was refused. */
document.addEventListener("input", ({ target }) => {
  const refusal = target instanceof Element && target.closest("form")?.querySelector("[id$=-refus]");
  if (refusal) tell(refusal.id, "");
  const field = target instanceof Element && target.closest("[id$=-champ]");
  const name = field ? field.id.slice(0, -6) : "";
  if (name && first(document, `#${name}-erreur span`)) tellField(name, "");
});

/**
 * List every field that is wrong at the head of its form, with the way to each, and go there: to the list, or to the only one.
 * @param {{message: string, target: HTMLElement}[]} faults
 */
export function listFaults(faults) {
  const list = byId("fautes");
  list.hidden = faults.length < 2;
  byId("fautes-titre").textContent = `${faults.length} saisies sont à corriger`;
  find(list, "ul").replaceChildren(...faults.map(linkFault));
  (faults.length > 1 ? list : faults[0]?.target)?.focus();
}

/** @param {{message: string, target: HTMLElement}} fault @returns {HTMLElement} a line that leads to its field */
function linkFault({ message, target }) {
  const line = document.createElement("li");
  const link = document.createElement("a");
  link.href = `#${target.id}`;
  link.textContent = message;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    target.focus();
  });
  line.append(link);
  return line;
}

/** Set an attribute, or take it away (""). @param {Element} element @param {string} name @param {string} value */
export function mark(element, name, value) {
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
}

/** Show a message in a line of its own, or take it away (""). @param {string} id @param {string} message */
export function tell(id, message) {
  byId(id).hidden = !message;
  byId(id).textContent = message;
}

/** Say aloud, to those who listen, what the others see. @param {string} text */
export function say(text) {
  byId("annonce").textContent = text;
}

/**
 * A press that is acted on once, however often it comes before the end; meanwhile its button shows that it is busy.
 * @param {HTMLElement} target a button, or a form @param {string} event @param {() => unknown} act waited for
 */
export function once(target, event, act) {
  const button = target.matches("form") ? find(target, "button:not([type=button])") : target;
  target.addEventListener(event, async (happening) => {
    happening.preventDefault();
    if (button.hasAttribute("aria-busy")) return;
    mark(button, "aria-busy", "true");
    try {
      await act();
    } finally {
      mark(button, "aria-busy", "");
    }
  });
}
