/** The pages of a document as one flat list, each with all that it inherits, and where links within the document lead. */

import { Name, Ref, Unwritable, dictionary, fromLatin, name } from "./values.js";

/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./source.js").Held} Held */
/** @typedef {import("./values.js").Value} Value */
/** @typedef {import("./values.js").Dictionary} Dictionary */

export const MOST_PAGES = 30;
const DEEPEST = 100; // nodes above a page
const INHERITED = ["Resources", "MediaBox", "CropBox", "Rotate"];
const LETTER = [0, 0, 612, 792]; // what viewers take for a page without a size

/**
 * Put the pages under one node of the catalog, and only what they inherit into each.
 * @param {Source} source @returns {Ref[]} the pages
 * @throws {Unwritable}
 */
export function flattened(source) {
  const catalog = source.dictionary(source.trailer.get("Root"));
  /** @type {{held: Value, inherited: Dictionary}[]} */
  const leaves = [];
  collect(source, catalog.get("Pages"), new Map(), { leaves, seen: new Set() }, 0);
  if (!leaves.length) throw new Unwritable("broken");
  const node = source.add(null);
  const pages = leaves.map(({ held, inherited }) => {
    /** @type {Dictionary} */
    const page = new Map([...inherited, ...source.dictionary(held), ["Type", name("Page")], ["Parent", node]]);
    /** @param {string} key */
    const isBox = (key) => source.array(page.get(key)).length === 4;
    if (!isBox("MediaBox")) page.set("MediaBox", LETTER);
    if (!isBox("CropBox")) page.delete("CropBox");
    const turns = source.get(page.get("Rotate"));
    if (page.has("Rotate")) page.set("Rotate", typeof turns === "number" && turns % 90 === 0 ? ((turns % 360) + 360) % 360 : 0);
    if (!(source.get(page.get("Resources")) instanceof Map)) page.set("Resources", new Map());
    if (!(held instanceof Ref)) return source.add(page);
    source.set(held, page);
    return held;
  });
  source.set(node, dictionary({ Type: "/Pages", Kids: pages, Count: pages.length }));
  source.trailer.set("Root", source.add(new Map([...catalog, ...dictionary({ Type: "/Catalog", Pages: node })])));
  return pages;
}

/**
 * @param {Source} source @param {Held} held @param {Dictionary} above what is inherited
 * @param {{leaves: {held: Value, inherited: Dictionary}[], seen: Set<Held>}} so far @param {number} depth
 */
function collect(source, held, above, { leaves, seen }, depth) {
  const node = source.get(held);
  if (!(node instanceof Map) || depth > DEEPEST) return;
  const inherited = new Map([...above, ...[...node].filter(([key]) => INHERITED.includes(key))]);
  if (!node.has("Kids")) {
    leaves.push({ held: held === undefined || seen.has(held) ? node : held, inherited }); // a page shown twice is two pages
    if (leaves.length > MOST_PAGES) throw new Unwritable("pages");
  } else if (!seen.has(held)) {
    seen.add(held);
    for (const kid of source.array(node.get("Kids"))) collect(source, kid, inherited, { leaves, seen }, depth + 1);
  }
  seen.add(held);
}

/**
 * @param {Source} source @param {Ref[]} pages
 * @returns {(held: Held) => Value} what makes of a destination, by name or not, the array that says page and place
 */
export function destinationsOf(source, pages) {
  const catalog = source.dictionary(source.trailer.get("Root"));
  const named = new Map([...source.dictionary(catalog.get("Dests"))]);
  readTree(source, source.dictionary(catalog.get("Names")).get("Dests"), named, new Set(), 0);
  return (held) => {
    const value = source.get(held);
    const text = value instanceof Name ? value.text : value instanceof Uint8Array ? fromLatin(value) : null;
    const target = text === null ? value : source.get(named.get(text));
    const array = target instanceof Map ? source.get(target.get("D")) : target;
    if (!Array.isArray(array)) return null;
    const [page, ...place] = array;
    return typeof page === "number" && Number.isInteger(page) ? [pages[page], ...place] : array;
  };
}

/** Read the leaves of a name tree. @param {Source} source @param {Held} held @param {Dictionary} named @param {Set<Value>} seen @param {number} depth */
function readTree(source, held, named, seen, depth) {
  const node = source.get(held);
  if (!(node instanceof Map) || seen.has(node) || depth > DEEPEST) return;
  seen.add(node);
  const names = source.array(node.get("Names"));
  for (let at = 0; at + 1 < names.length; at += 2) {
    const key = source.get(names[at]);
    if (key instanceof Uint8Array) named.set(fromLatin(key), names[at + 1]);
  }
  for (const kid of source.array(node.get("Kids"))) readTree(source, kid, named, seen, depth + 1);
}
