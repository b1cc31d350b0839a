/** What shows of a form's field, or of added text, that brings no appearance: made from its value, in Helvetica, as viewers do. */

import { FontNames } from "@cantoo/pdf-lib/es/packages/standard-fonts/index.js";
import StandardFontEmbedder from "@cantoo/pdf-lib/es/core/embedders/StandardFontEmbedder.js";
import { drawing } from "./filters.js";
import { fromLatin } from "./values.js";

/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./source.js").Held} Held */
/** @typedef {import("./values.js").Value} Value */
/** @typedef {import("./values.js").Dictionary} Dictionary */
/** @typedef {[number, number]} Size wide, high */
/** @typedef {{style: Value, wide: number, high: number, place: number, many: boolean, cells: number}} Setting how a text is set */

const MULTILINE = 1 << 12;
const PASSWORD = 1 << 13;
const RADIO = 1 << 15;
const PRESS = 1 << 16;
const COMB = 1 << 24;
const LEADING = 1.15;
const INSET = 2;
const USUAL_SIZE = 12;
const FONTS = {
  Helv: { Type: "/Font", Subtype: "/Type1", BaseFont: "/Helvetica", Encoding: "/WinAnsiEncoding" },
  ZaDb: { Type: "/Font", Subtype: "/Type1", BaseFont: "/ZapfDingbats" },
};

/** @param {Source} source @param {Dictionary} widget @returns {import("./values.js").Stream | null} */
export function fieldOf(source, widget) {
  const [x1, y1, x2, y2] = source.numbers(widget.get("Rect"));
  const [wide, high] = [Math.abs(x2 - x1), Math.abs(y2 - y1)];
  const looks = source.dictionary(widget.get("MK"));
  const [ground, edge] = [paint(source.numbers(looks.get("BG")), false), paint(source.numbers(looks.get("BC")), true)];
  const line = numberOf(source.get(source.dictionary(widget.get("BS")).get("W")) ?? 1);
  const drawn = [
    ground && `${ground} 0 0 ${wide} ${high} re f`,
    edge && line && `${edge} ${line} w ${line / 2} ${line / 2} ${wide - line} ${high - line} re S`,
    valueOf(source, widget, [wide, high]),
  ].filter(Boolean);
  return drawn.length ? drawing([0, 0, wide, high], drawn.join("\n"), { Font: FONTS }) : null;
}

/** @param {Source} source @param {Dictionary} widget @param {Size} size @returns {string} what draws the value of a field */
function valueOf(source, widget, [wide, high]) {
  /** @param {string} key */
  const field = (key) => inherited(source, widget, key);
  const [type, flags] = [source.name(field("FT")), numberOf(field("Ff"))];
  if (type === "Btn") return flags & PRESS ? "" : tick(source, widget, Boolean(flags & RADIO), [wide, high]);
  const given = field("V");
  const value = (Array.isArray(given) ? given : [given]).map((held) => source.get(held)).find((item) => item instanceof Uint8Array);
  if (!["Tx", "Ch"].includes(type) || !value || flags & PASSWORD) return "";
  const form = source.dictionary(source.dictionary(source.trailer.get("Root")).get("AcroForm"));
  const cells = flags & COMB && type === "Tx" ? numberOf(field("MaxLen")) : 0;
  return lines(shown(source, field("Opt"), value), { style: field("DA") || source.get(form.get("DA")), wide, high, place: numberOf(field("Q")), many: type === "Tx" && Boolean(flags & MULTILINE), cells });
}

/** @param {Value} value @returns {number} 0 for what is none */
const numberOf = (value) => (typeof value === "number" ? value : 0);

/**
 * @param {Source} source @param {Held} options @param {Uint8Array<ArrayBuffer>} value
 * @returns {string} the text of a choice, where it has another than its value
 */
function shown(source, options, value) {
  const text = textOf(value);
  const pair = source.array(options).map((held) => source.array(held).map((item) => source.get(item))).find(([first]) => first instanceof Uint8Array && textOf(first) === text);
  return pair && pair[1] instanceof Uint8Array ? textOf(pair[1]) : text;
}

/** @param {Source} source @param {Dictionary} widget @param {boolean} radio @param {Size} size */
function tick(source, widget, radio, [wide, high]) {
  const state = source.name(widget.get("AS"));
  const size = 0.8 * Math.min(wide, high);
  return state && state !== "Off" ? `q BT 0 g /ZaDb ${size} Tf ${(wide - size * 0.8) / 2} ${(high - size * 0.7) / 2} Td (${radio ? "l" : "4"}) Tj ET Q` : "";
}

/** @param {Source} source @param {Dictionary} annotation text added to the page */
export function addedText(source, annotation) {
  const contents = source.get(annotation.get("Contents"));
  const [x1, y1, x2, y2] = source.numbers(annotation.get("Rect"));
  const [wide, high] = [Math.abs(x2 - x1), Math.abs(y2 - y1)];
  if (!(contents instanceof Uint8Array)) return null;
  const ground = paint(source.numbers(annotation.get("C")), false);
  const text = lines(textOf(contents), { style: source.get(annotation.get("DA")), wide, high, place: numberOf(source.get(annotation.get("Q"))), many: true, cells: 0 });
  return drawing([0, 0, wide, high], `${ground ? `${ground} 0 0 ${wide} ${high} re f ` : ""}${text}`, { Font: FONTS });
}

/** @param {number[]} colour @param {boolean} stroke @returns {string} what sets it; "" for none */
export function paint(colour, stroke) {
  const operator = ["", "g", "", "rg", "k"][colour.length];
  return operator ? `${colour.join(" ")} ${stroke ? operator.toUpperCase() : operator}` : "";
}

/** @param {string} text @param {Setting} setting @returns {string} what draws it */
function lines(text, { style, wide, high, place, many, cells }) {
  const font = StandardFontEmbedder.for(FontNames.Helvetica);
  const given = style instanceof Uint8Array ? fromLatin(style) : "";
  const [, asked = "0"] = /([\d.]+)\s+Tf/.exec(given) || [];
  const size = Number(asked) || Math.max(4, Math.min(USUAL_SIZE, many ? USUAL_SIZE : high / LEADING - INSET));
  const [colour] = /(?:[\d.]+\s+){1,4}(?:g|rg|k)\b/.exec(given) || ["0 g"];
  const known = Array.from(text, (character) => (encodes(font, character) || /\s/.test(character) ? character : "?")).join("");
  const rows = many ? known.split(/\r\n?|\n/).flatMap((row) => wrapped(font, row, size, wide - 2 * INSET)) : [known.replace(/\s+/g, " ")];
  const top = many ? high - INSET - size : (high - size) / 2 + size * 0.22;
  /** @param {number} x @param {number} y @param {string} part */
  const at = (x, y, part) => `1 0 0 1 ${x.toFixed(3)} ${y.toFixed(3)} Tm ${font.encodeText(part).toString()} Tj`;
  /** @param {string} row @param {number} number */
  const set = (row, number) => {
    const room = wide - 2 * INSET - font.widthOfTextAtSize(row, size);
    return at(INSET + (place === 1 ? room / 2 : place === 2 ? room : 0), top - number * size * LEADING, row);
  };
  const comb = () => Array.from(known, (character, cell) => at((wide / cells) * (cell + 0.5) - font.widthOfTextAtSize(character, size) / 2, top, character));
  return `q 0 0 ${wide} ${high} re W n BT ${colour} /Helv ${size} Tf\n${(cells ? comb() : rows.map(set)).join("\n")}\nET Q`;
}

/** @param {StandardFontEmbedder} font @param {string} row @param {number} size @param {number} wide @returns {string[]} */
function wrapped(font, row, size, wide) {
  const set = [""];
  for (const word of row.split(/[ \t]+/)) {
    const last = set.pop();
    const longer = last ? `${last} ${word}` : word;
    if (!last || font.widthOfTextAtSize(longer, size) <= wide) set.push(longer);
    else set.push(last, word);
  }
  return set;
}

/** @param {StandardFontEmbedder} font @param {string} character @returns {boolean} */
function encodes(font, character) {
  try {
    return Boolean(font.encodeText(character));
  } catch {
    return false;
  }
}

/** @param {Source} source @param {Dictionary} widget @param {string} key @returns {Value} the value of a field's key, its own or one of those above */
export function inherited(source, widget, key) {
  let field = widget;
  for (let steps = 0; steps < 16; steps += 1) {
    const value = source.get(field.get(key));
    if (value !== null) return value;
    field = source.dictionary(field.get("Parent"));
  }
  return null;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {string} */
function textOf(bytes) {
  const utf16 = bytes[0] === 0xfe && bytes[1] === 0xff;
  return new TextDecoder(utf16 ? "utf-16be" : "windows-1252").decode(utf16 ? bytes.subarray(2) : bytes);
}
