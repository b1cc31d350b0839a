/** What shows of an annotation that brings no appearance: made from what it says, as viewers do. */

import { FontNames } from "@cantoo/pdf-lib/es/packages/standard-fonts/index.js";
import StandardFontEmbedder from "@cantoo/pdf-lib/es/core/embedders/StandardFontEmbedder.js";
import { coded } from "./filters.js";
import { Stream, fromLatin, latin, name } from "./values.js";

const MULTILINE = 1 << 12;
const PASSWORD = 1 << 13;
const LEADING = 1.15;
const INSET = 2;
const USUAL_SIZE = 12;
const FONT = new Map([["Type", name("Font")], ["Subtype", name("Type1")], ["BaseFont", name("Helvetica")], ["Encoding", name("WinAnsiEncoding")]]);

/** @param {import("./source.js").Source} source @param {Map<string, any>} annotation @returns {Stream | null} */
export function appearanceFor(source, annotation) {
  const rectangle = source.array(annotation.get("Rect")).map((held) => source.get(held));
  const box = [0, 0, Math.abs(rectangle[2] - rectangle[0]), Math.abs(rectangle[3] - rectangle[1])];
  const drawing = { Widget: ofField, FreeText: ofText, Highlight: ofHighlight, Underline: ofLine, StrikeOut: ofLine }[source.name(annotation.get("Subtype"))];
  const content = drawing && drawing(source, annotation, box, rectangle);
  if (!content) return null;
  const resources = new Map([["Font", new Map([["Helv", FONT]])], ["ExtGState", new Map([["Over", new Map([["BM", name("Multiply")]])]])]]);
  return coded(new Stream(new Map([["BBox", box], ["Resources", resources]]), latin("")), latin(content));
}

function ofField(source, widget, box) {
  const field = (key) => inherited(source, widget, key);
  const flags = field("Ff") || 0;
  const value = [].concat(field("V")).map((held) => source.get(held)).find((one) => one instanceof Uint8Array);
  if (!["Tx", "Ch"].includes(field("FT") && field("FT").text) || !value || flags & PASSWORD) return "";
  const form = source.dictionary(source.dictionary(source.trailer.get("Root")).get("AcroForm"));
  const style = field("DA") || source.get(form.get("DA"));
  return lines(textOf(value), { style, box, place: field("Q") || 0, many: Boolean(flags & MULTILINE) });
}

function ofText(source, annotation, box) {
  const contents = source.get(annotation.get("Contents"));
  if (!(contents instanceof Uint8Array)) return "";
  return lines(textOf(contents), { style: source.get(annotation.get("DA")), box, place: source.get(annotation.get("Q")) || 0, many: true });
}

/** @returns {string} text set in lines, in Helvetica */
function lines(text, { style, box, place, many }) {
  const font = StandardFontEmbedder.for(FontNames.Helvetica);
  const [, , wide, high] = box;
  const given = style instanceof Uint8Array ? fromLatin(style) : "";
  const [, asked = "0"] = /([\d.]+)\s+Tf/.exec(given) || [];
  const size = Number(asked) || Math.max(4, Math.min(USUAL_SIZE, many ? USUAL_SIZE : high / LEADING - INSET));
  const colour = (/(?:[\d.]+\s+){1,4}(?:g|rg|k)\b/.exec(given) || ["0 g"])[0];
  const known = Array.from(text, (character) => (encodes(font, character) || /\s/.test(character) ? character : "?")).join("");
  const set = many ? known.split(/\r\n?|\n/).flatMap((line) => wrapped(font, line, size, wide - 2 * INSET)) : [known.replace(/\s+/g, " ")];
  const top = many ? high - INSET - size : (high - size) / 2 + size * 0.22;
  const drawn = set.map((line, row) => {
    const room = wide - 2 * INSET - font.widthOfTextAtSize(line, size);
    const x = INSET + (place === 1 ? room / 2 : place === 2 ? room : 0);
    return `1 0 0 1 ${x.toFixed(3)} ${(top - row * size * LEADING).toFixed(3)} Tm ${font.encodeText(line).toString()} Tj`;
  });
  return `q 0 0 ${wide} ${high} re W n BT ${colour} /Helv ${size} Tf\n${drawn.join("\n")}\nET Q`;
}

function wrapped(font, line, size, wide) {
  const set = [""];
  for (const word of line.split(/[ \t]+/)) {
    const last = set.pop();
    const longer = last ? `${last} ${word}` : word;
    if (!last || font.widthOfTextAtSize(longer, size) <= wide) set.push(longer);
    else set.push(last, word);
  }
  return set;
}

function encodes(font, character) {
  try {
    return Boolean(font.encodeText(character));
  } catch {
    return false;
  }
}

function ofHighlight(source, annotation, box, rectangle) {
  return quadrangles(source, annotation, rectangle).map(([left, bottom, right, top]) => `/Over gs ${colourOf(source, annotation)} rg ${left} ${bottom} ${right - left} ${top - bottom} re f`).join("\n");
}

function ofLine(source, annotation, box, rectangle) {
  const high = source.name(annotation.get("Subtype")) === "StrikeOut" ? 0.5 : 0.1;
  return quadrangles(source, annotation, rectangle)
    .map(([left, bottom, right, top]) => [left, bottom + (top - bottom) * high, right].map((one) => one.toFixed(3)))
    .map(([left, y, right]) => `${colourOf(source, annotation)} RG 1 w ${left} ${y} m ${right} ${y} l S`)
    .join("\n");
}

/** @returns {number[][]} left, bottom, right, top of each marked stretch, from the corner of the rectangle */
function quadrangles(source, annotation, rectangle) {
  const points = source.array(annotation.get("QuadPoints")).map((held) => Number(source.get(held)));
  const [x, y] = [Math.min(rectangle[0], rectangle[2]), Math.min(rectangle[1], rectangle[3])];
  return Array.from({ length: Math.floor(points.length / 8) }, (_, at) => {
    const corners = points.slice(8 * at, 8 * at + 8);
    const [xs, ys] = [0, 1].map((axis) => corners.filter((_, place) => place % 2 === axis));
    return [Math.min(...xs) - x, Math.min(...ys) - y, Math.max(...xs) - x, Math.max(...ys) - y];
  });
}

function colourOf(source, annotation) {
  const colour = source.array(annotation.get("C")).map((held) => Number(source.get(held)));
  return (colour.length === 3 ? colour : colour.length === 1 ? [...colour, ...colour, ...colour] : [1, 1, 0]).join(" ");
}

/** @returns {any} the value of a field's key, its own or one of those above */
function inherited(source, widget, key) {
  let field = widget;
  for (let steps = 0; steps < 16; steps += 1) {
    const value = source.get(field.get(key));
    if (value !== null) return value;
    field = source.dictionary(field.get("Parent"));
  }
  return null;
}

/** @param {Uint8Array} bytes @returns {string} */
function textOf(bytes) {
  const utf16 = bytes[0] === 0xfe && bytes[1] === 0xff;
  return new TextDecoder(utf16 ? "utf-16be" : "windows-1252").decode(bytes);
}
