/** What pages, forms, patterns and glyphs draw, written so that all viewers draw the same: inspection accepts nothing else. */

import TABLE from "kinds.json";
import { coded } from "./filters.js";
import { operationsOf } from "./operations.js";
import { Indirect, Name, Stream, dictionary, fromLatin, latin, name, reachedFrom } from "./values.js";
import { valueText } from "./writer.js";

/** @typedef {import("./values.js").Value} Value */
/** @typedef {import("./values.js").Dictionary} Dictionary */
/** @typedef {import("./operations.js").Picture} Picture */
/** @typedef {(picture: Stream) => Value | undefined} CopyPicture makes of a picture one to write, where it can be kept */

const DEEPEST = 4; // forms, patterns, masks, glyphs within one another
const DENSEST = 16; // tiles of a pattern over one another
const SMALLEST = 0.25; // square points of a tile
const OPERATORS = new Map(Object.entries(TABLE.operators).flatMap(([shape, operators]) => operators.split(" ").map((operator) => [operator, new RegExp(`^(?:${shape})$`)])));
const SILENT = ["BX", "EX", "MP", "DP"]; // nothing shows of them
const PAINTS = ["f", "F", "f*", "b", "b*", "B", "B*", "s", "S", "Tj", "TJ", "'", '"', "Do", "sh"];
/** Where a viewer looks for the name that an operator takes. */
const RESOURCES = new Map(Object.entries({ Do: "XObject", gs: "ExtGState", Tf: "Font", sh: "Shading", cs: "ColorSpace", CS: "ColorSpace", scn: "Pattern", SCN: "Pattern", BDC: "Properties" }));
const PLAIN_SPACES = ["DeviceGray", "DeviceRGB", "DeviceCMYK", "Pattern"];
const OVERRIDING_SPACES = ["DefaultGray", "DefaultRGB", "DefaultCMYK"]; // take the place of plain ones, in some viewers
const CLOSINGS = new Map([["q", "Q"], ["BT", "ET"], ["BMC", "EMC"], ["BDC", "EMC"]]);
/** Operators that choose a space, and those that set a colour in the one that was chosen. */
const SPACES = ["cs", "g", "rg", "k"];
const COLOURS = ["sc", "scn"];
const SHORT = new Map(Object.entries({ G: "DeviceGray", RGB: "DeviceRGB", CMYK: "DeviceCMYK", I: "Indexed" }));

/** @param {Value | undefined} held @returns {Value} what it leads to in a document to write */
const valueOf = (held) => (held instanceof Indirect ? held.value : (held ?? null));

/** @param {Value | undefined} held @returns {Dictionary} */
function entriesOf(held) {
  const value = valueOf(held);
  return value instanceof Stream ? value.dictionary : value instanceof Map ? value : new Map();
}

/**
 * Clean every content of a document to write, which is decoded still, and code it.
 * @param {Indirect} catalog @param {CopyPicture} copyPicture @param {Set<string>} removed is told what does not leave
 * @returns {boolean} whether anything shows
 */
export function cleaned(catalog, copyPicture, removed) {
  const drawings = [...reachedFrom(catalog)].map(valueOf).filter(draws);
  /** @type {Map<string, Indirect>} */
  const contents = new Map();
  let shows = false;
  for (const value of drawings) {
    const entries = entriesOf(value);
    const spaces = entriesOf(entriesOf(entries.get("Resources")).get("ColorSpace"));
    if (OVERRIDING_SPACES.filter((key) => spaces.delete(key)).length) removed.add("unlike");
    /** @param {Value | undefined} stream */
    const read = (stream) => {
      const content = new Content(entriesOf(entries.get("Resources")), copyPicture);
      if (!content.read(stream instanceof Stream ? fromLatin(stream.bytes) : "")) removed.add("unlike");
      shows = shows || (content.paints && isPage(value));
      return content.lines.join("");
    };
    /** The same text is one object. @param {Value | undefined} held */
    const contentOf = (held) => {
      const text = read(valueOf(held));
      contents.set(text, contents.get(text) || new Indirect(coded(new Stream(new Map(), latin("")), latin(text))));
      return contents.get(text) || null;
    };
    if (value instanceof Stream) value.bytes = coded(value, latin(read(value))).bytes;
    else if (isPage(value)) entries.set("Contents", contentOf(entries.get("Contents")));
    else entries.set("CharProcs", new Map([...entriesOf(entries.get("CharProcs"))].map(([key, held]) => [key, contentOf(held)])));
    if (entries.has("PatternType") && isDense(entries)) blank(value, removed);
  }
  let level = new Set(drawings.filter(isPage));
  for (let depth = 0; level.size; depth += 1) {
    const within = [...level].map((value) => ({ value, drawn: drawnBy(entriesOf(value)) }));
    if (depth === DEEPEST) within.filter(({ drawn }) => drawn.length).forEach(({ value }) => blank(value, removed));
    level = new Set(depth < DEEPEST ? within.flatMap(({ drawn }) => drawn) : []);
  }
  return shows;
}

/** @param {Value} value @returns {boolean} */
const isPage = (value) => value instanceof Map && value.get("Type") === name("Page") && value.has("Contents");

/** @param {Value} value @returns {boolean} whether it is a page that draws, a form, a pattern of tiles or a font of drawn glyphs */
function draws(value) {
  const entries = entriesOf(value);
  if (value instanceof Stream) return entries.get("Subtype") === name("Form") || entries.has("PatternType");
  return isPage(value) || entries.get("Subtype") === name("Type3");
}

/** @param {Dictionary} entries of what draws @returns {Value[]} what its resources hold that draws, in turn */
function drawnBy(entries) {
  const resources = entriesOf(entries.get("Resources"));
  /** @param {string} category */
  const listed = (category) => [...entriesOf(resources.get(category)).values()];
  const masks = listed("ExtGState").map((state) => entriesOf(entriesOf(state).get("SMask")).get("G"));
  return [...listed("XObject"), ...listed("Pattern"), ...listed("Font"), ...masks].map(valueOf).filter(draws);
}

/** Let a form, pattern or font draw nothing. @param {Value} value @param {Set<string>} removed */
function blank(value, removed) {
  const entries = entriesOf(value);
  entries.set("Resources", new Map());
  if (value instanceof Stream) value.bytes = coded(value, latin("")).bytes;
  else entries.set("CharProcs", new Map());
  if (entries.has("PatternType")) dictionary({ BBox: [0, 0, 99, 99], Matrix: [1, 0, 0, 1, 0, 0], XStep: 99, YStep: 99 }).forEach((item, key) => entries.set(key, item));
  removed.add("unlike");
}

/** @param {Dictionary} pattern @returns {boolean} whether its tiles are so many that viewers take long */
function isDense(pattern) {
  const [[left, bottom, right, top], [a, b, c, d]] = [pattern.get("BBox"), pattern.get("Matrix") ?? [1, 0, 0, 1]].map((array) => [array].flat().map(Number));
  const tile = Math.abs(Number(pattern.get("XStep")) * Number(pattern.get("YStep")));
  return !(tile * DENSEST >= Math.abs((right - left) * (top - bottom)) && tile * Math.abs(a * d - b * c) >= SMALLEST);
}

/** One content, read from its first operation to its last. */
class Content {
  /** @param {Dictionary} resources which pictures join that stand within the content @param {CopyPicture} copyPicture */
  constructor(resources, copyPicture) {
    this.resources = resources;
    this.copyPicture = copyPicture;
    /** @type {string[]} */
    this.lines = [];
    this.paints = false;
    /** @type {Map<string, number>} how many are to come */
    this.closings = new Map([["ET", 0], ["EMC", 0], ["Q", 0]]);
    /** @type {Set<string>} spaces that are not there: « cs » of what is filled, « CS » of what is drawn along */
    this.lost = new Set();
  }

  /** @param {string} text @returns {boolean} whether all that shows was kept */
  read(text) {
    let whole = true;
    for (const { operator, operands, picture } of operationsOf(text)) {
      const kept = operator === "BI" ? this.add("Do", [name(this.place(picture))]) : this.add(operator, operands);
      whole = whole && kept;
    }
    this.closings.forEach((count, closing) => Array.from({ length: count }, () => this.write(closing, [])));
    return whole;
  }

  /** @param {string} operator @param {Value[]} given @returns {boolean} whether it was kept, or does not show */
  add(operator, given) {
    if (SILENT.includes(operator) || this.closings.get(operator) === 0) return true;
    const operands = operator === "BDC" ? given.map(numberOfMark) : given;
    const [key, category] = [operands[operator === "Tf" ? 0 : operands.length - 1], RESOURCES.get(operator)];
    const fits = OPERATORS.get(operator)?.test(operands.map(letterOf).join(""));
    const known = !category || !(key instanceof Name) || (category === "ColorSpace" && PLAIN_SPACES.includes(key.text)) || entriesOf(this.resources.get(category)).has(key.text);
    if (operator === "BDC" && !(fits && known)) return this.add("BMC", given.slice(0, 1));
    if (!fits || !this.keepsColour(operator, known)) return false;
    if (operator === "BT" && this.closings.get("ET")) this.write("ET", []);
    this.paints = this.paints || (known && PAINTS.includes(operator));
    return known && this.write(operator, operands);
  }

  /** @param {string} operator @param {Value[]} operands */
  write(operator, operands) {
    for (const [closing, by] of [[CLOSINGS.get(operator), 1], [operator, -1]]) {
      const open = this.closings.get(String(closing));
      if (open !== undefined) this.closings.set(String(closing), open + Number(by));
    }
    this.lines.push(`${[...operands.map((operand) => valueText(operand)), operator].join(" ")}\n`);
    return true;
  }

  /** Without its space, what follows is black. @param {string} operator @param {boolean} known @returns {boolean} whether it sets no colour in a space that is lost */
  keepsColour(operator, known) {
    const [lower, upper] = [operator.toLowerCase(), operator === operator.toUpperCase()];
    const space = upper ? "CS" : "cs";
    if (COLOURS.includes(lower) && known) return !this.lost.has(space);
    if (SPACES.includes(lower)) this.lost.delete(space);
    if (known || !(SPACES.includes(lower) || COLOURS.includes(lower))) return true;
    this.lost.add(space);
    return this.write(upper ? "G" : "g", [0]);
  }

  /** @param {Picture | undefined} picture that stands within the content @returns {string} the name under which it is drawn; "" for none */
  place(picture) {
    if (!picture) return "";
    const space = picture.entries.get("ColorSpace");
    const named = space instanceof Name && entriesOf(this.resources.get("ColorSpace")).get(space.text);
    const entries = new Map([...picture.entries, ["Subtype", name("Image")], ["ColorSpace", written(space ?? null)]]);
    const copy = this.copyPicture(new Stream(entries, latin(picture.data)));
    if (!(copy instanceof Stream)) return "";
    if (named) copy.dictionary.set("ColorSpace", named);
    const objects = entriesOf(this.resources.get("XObject"));
    let key = `Picture${objects.size}`;
    while (objects.has(key)) key += "a";
    this.resources.set("XObject", objects.set(key, new Indirect(copy)));
    return key;
  }
}

/** @param {Value} space of a picture within a content @returns {Value} with its names written out */
function written(space) {
  if (Array.isArray(space)) return space.map(written);
  return space instanceof Name ? name(SHORT.get(space.text) || space.text) : space;
}

/** @param {Value} value @returns {Value} what of the properties of a mark leaves: its number */
function numberOfMark(value) {
  return value instanceof Map ? new Map([...value].filter(([key, item]) => key === "MCID" && Number.isInteger(item) && Number(item) >= 0)) : value;
}

/** @param {Value} value @returns {string} its kind, as the table of operators writes it */
function letterOf(value) {
  if (typeof value === "number") return "n";
  if (value instanceof Name) return "N";
  if (value instanceof Uint8Array) return "s";
  if (value instanceof Map) return value.size ? "P" : "?";
  if (!Array.isArray(value)) return "?";
  return value.every((item) => typeof item === "number") ? "A" : value.every((item) => typeof item === "number" || item instanceof Uint8Array) ? "T" : "?";
}
