/** The pages of a document as one flat list, each with all that it inherits, and where links within the document lead. */

import { Name, Ref, Unwritable, fromLatin, name } from "./values.js";

export const MOST_PAGES = 30;
const DEEPEST = 100; // nodes above a page
const INHERITED = ["Resources", "MediaBox", "CropBox", "Rotate"];
const LETTER = [0, 0, 612, 792]; // what viewers take for a page without a size

/**
 * Put the pages under one node of the catalog, and only what they inherit into each.
 * @param {import("./source.js").Source} source @returns {Ref[]} the pages
 * @throws {Unwritable}
 */
export function flattened(source) {
  const catalog = source.dictionary(source.trailer.get("Root"));
  const leaves = [];
  collect(source, catalog.get("Pages"), new Map(), { leaves, seen: new Set() }, 0);
  if (!leaves.length) throw new Unwritable("broken");
  const node = source.add(null);
  const pages = leaves.map(({ held, inherited }) => {
    const page = new Map([...inherited, ...source.dictionary(held), ["Type", name("Page")], ["Parent", node]]);
    const isBox = (key) => source.array(page.get(key)).length === 4;
    if (!isBox("MediaBox")) page.set("MediaBox", LETTER);
    if (!isBox("CropBox")) page.delete("CropBox");
    if (!(source.get(page.get("Resources")) instanceof Map)) page.set("Resources", new Map());
    if (!(held instanceof Ref)) return source.add(page);
    source.set(held, page);
    return held;
  });
  source.set(node, new Map([["Type", name("Pages")], ["Kids", pages], ["Count", pages.length]]));
  source.trailer.set("Root", source.add(new Map([...catalog, ["Type", name("Catalog")], ["Pages", node]])));
  return pages;
}

function collect(source, held, above, { leaves, seen }, depth) {
  const node = source.get(held);
  if (!(node instanceof Map) || depth > DEEPEST) return;
  const inherited = new Map([...above, ...[...node].filter(([key]) => INHERITED.includes(key))]);
  if (!node.has("Kids")) {
    leaves.push({ held: seen.has(held) ? node : held, inherited }); // a page shown twice is two pages
    if (leaves.length > MOST_PAGES) throw new Unwritable("pages");
  } else if (!seen.has(held)) {
    seen.add(held);
    for (const kid of source.array(node.get("Kids"))) collect(source, kid, inherited, { leaves, seen }, depth + 1);
  }
  seen.add(held);
}

/**
 * @param {import("./source.js").Source} source @param {Ref[]} pages
 * @returns {(held: any) => any} what makes of a destination, by name or not, the array that says page and place
 */
export function destinationsOf(source, pages) {
  const catalog = source.dictionary(source.trailer.get("Root"));
  const named = new Map([...source.dictionary(catalog.get("Dests"))]);
  readTree(source, source.dictionary(catalog.get("Names")).get("Dests"), named, new Set(), 0);
  return (held) => {
    const value = source.get(held);
    const text = value instanceof Name ? value.text : value instanceof Uint8Array ? fromLatin(value) : null;
    const found = text === null ? value : source.get(named.get(text));
    const array = found instanceof Map ? source.get(found.get("D")) : found;
    if (!Array.isArray(array)) return null;
    return Number.isInteger(array[0]) ? [pages[array[0]], ...array.slice(1)] : array;
  };
}

/** Read the leaves of a name tree. */
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
