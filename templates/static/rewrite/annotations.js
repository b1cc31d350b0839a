/** Draws into the pages what shows on them without being of them: filled fields, highlights, stamps, added text. Links stay. */

import { addedText, fieldOf, inherited } from "./appearances.js";
import { decoded } from "./filters.js";
import { markOf } from "./marks.js";
import { Stream, fromLatin, latin, name } from "./values.js";

/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./source.js").Held} Held */
/** @typedef {import("./values.js").Dictionary} Dictionary */
/** @typedef {{form: Stream, matrix: number[]}} Drawing what shows of an annotation, and where it goes */

const HIDDEN = 2 | 32; // Hidden, NoView
/** Something of a content that shows. */
const DRAWS = /(?:^|[\s\])>])(?:[fFbBsS]\*?|Tj|TJ|['"]|Do|sh|EI)(?=\s|$)/;
const UNSHOWN = ["Popup", "Text", "FileAttachment", "Sound", "Movie", "Link"]; // icons that a press would open

/** @param {Source} source @param {import("./values.js").Ref[]} pages */
export function drawAnnotations(source, pages) {
  for (const held of pages) {
    const page = source.dictionary(held);
    const annotations = [...new Set(source.array(page.get("Annots")))].filter((annotation) => source.get(annotation) instanceof Map);
    const links = annotations.filter((annotation) => source.name(source.dictionary(annotation).get("Subtype")) === "Link");
    const drawings = annotations.map((annotation) => drawingOf(source, source.dictionary(annotation))).filter((drawing) => drawing !== null);
    if (links.length) page.set("Annots", links);
    else page.delete("Annots");
    if (drawings.length) addTo(source, page, drawings);
  }
}

/** @param {Source} source @param {Dictionary} annotation @returns {Drawing | null} */
function drawingOf(source, annotation) {
  const flags = source.get(annotation.get("F"));
  if (UNSHOWN.includes(source.name(annotation.get("Subtype"))) || (typeof flags === "number" && Number.isInteger(flags) && flags & HIDDEN)) return null;
  const rectangle = numbers(source, annotation.get("Rect"), 4);
  if (!rectangle) return null;
  const brought = broughtBy(source, annotation);
  const mark = brought ? null : markOf(source, annotation);
  const form = brought || mark || madeFor(source, annotation);
  if (!form) return null;
  const box = numbers(source, form.dictionary.get("BBox"), 4);
  const matrix = box && placing(box, numbers(source, form.dictionary.get("Matrix"), 6) || [1, 0, 0, 1, 0, 0], mark ? box : rectangle);
  if (!matrix) return null;
  /** @type {Dictionary} */
  const dictionary = new Map([...form.dictionary, ["Type", name("XObject")], ["Subtype", name("Form")]]);
  const layer = annotation.get("OC");
  if (layer !== undefined) dictionary.set("OC", layer); // it shows with its layer
  return { form: new Stream(dictionary, form.bytes), matrix };
}

/** @param {Source} source @param {Dictionary} annotation @returns {Stream | null} the appearance that the annotation brings, in its present state, unless it is to be made anew */
function broughtBy(source, annotation) {
  const normal = source.get(source.dictionary(annotation.get("AP")).get("N"));
  const chosen = normal instanceof Map ? source.get(normal.get(source.name(annotation.get("AS")) || "Off")) : normal;
  return chosen instanceof Stream && !isStale(source, annotation, chosen) ? chosen : null;
}

/**
 * Some programs fill a field and leave its text to the viewer: the appearance is blank, or the form says so.
 * @param {Source} source @param {Dictionary} annotation @param {Stream} appearance
 */
function isStale(source, annotation, appearance) {
  if (!["Tx", "Ch"].includes(source.name(inherited(source, annotation, "FT"))) || !inherited(source, annotation, "V")) return false;
  const form = source.dictionary(source.dictionary(source.trailer.get("Root")).get("AcroForm"));
  return source.get(form.get("NeedAppearances")) === true || !DRAWS.test(fromLatin(decoded(source, appearance) || latin("")));
}

/** @param {Source} source @param {Dictionary} annotation */
function madeFor(source, annotation) {
  const subtype = source.name(annotation.get("Subtype"));
  return subtype === "Widget" ? fieldOf(source, annotation) : subtype === "FreeText" ? addedText(source, annotation) : null;
}

/**
 * Where an appearance goes: its box, turned by its own matrix, fills the rectangle (ISO 32000-2, 12.5.5).
 * @param {number[]} box @param {number[]} matrix @param {number[]} rectangle
 * @returns {number[] | null} null when nothing of it can show
 */
function placing([x1, y1, x2, y2], [a, b, c, d, e, f], rectangle) {
  const corners = [[x1, y1], [x1, y2], [x2, y1], [x2, y2]].map(([x, y]) => [a * x + c * y + e, b * x + d * y + f]);
  const [left, bottom] = [0, 1].map((axis) => Math.min(...corners.map((corner) => corner[axis])));
  const [right, top] = [0, 1].map((axis) => Math.max(...corners.map((corner) => corner[axis])));
  const [wide, high] = [Math.abs(rectangle[2] - rectangle[0]), Math.abs(rectangle[3] - rectangle[1])];
  if (!(right > left && top > bottom && wide && high)) return null;
  const [sx, sy] = [wide / (right - left), high / (top - bottom)];
  return [sx, 0, 0, sy, Math.min(rectangle[0], rectangle[2]) - left * sx, Math.min(rectangle[1], rectangle[3]) - bottom * sy];
}

/** Draw after what the page draws itself, in its own space. @param {Source} source @param {Dictionary} page @param {Drawing[]} drawings */
function addTo(source, page, drawings) {
  const resources = new Map([...source.dictionary(page.get("Resources"))]);
  const objects = new Map([...source.dictionary(resources.get("XObject"))]);
  const lines = drawings.map(({ form, matrix }, place) => {
    const key = freeKey(objects, place);
    objects.set(key, source.add(form));
    return `q ${matrix.map((number) => Number(number.toFixed(6))).join(" ")} cm /${key} Do Q\n`;
  });
  page.set("Resources", resources.set("XObject", objects));
  const held = page.get("Contents");
  const contents = held !== undefined && source.get(held) instanceof Stream ? [held] : source.array(held);
  page.set("Contents", ["q", ...contents, `Q\n${lines.join("")}`].map((part) => (typeof part === "string" ? new Stream(new Map(), latin(part)) : part)));
}

/** @param {Dictionary} objects @param {number} place @returns {string} */
function freeKey(objects, place) {
  let key = `Drawn${place}`;
  while (objects.has(key)) key += "a";
  return key;
}

/** @param {Source} source @param {Held} held @param {number} count @returns {number[] | null} */
function numbers(source, held, count) {
  const values = source.numbers(held);
  return values.length === count ? values : null;
}
