/** What draws, read in one way: the operations of a content (ISO 32000-2, 7.8.2), each an operator and what stands before it. */

import { Name, bounded, fromHex, latin, name } from "./values.js";

/** @typedef {import("./values.js").Value} Value */
/** @typedef {import("./values.js").Dictionary} Dictionary */
/** @typedef {{entries: Dictionary, data: string}} Picture one that stands within the content, its keys written out */
/** @typedef {{operator: string, operands: Value[], picture?: Picture}} Operation */

/** A word that is no value; or a sign, or a piece of one, where none may stand. */
class Word {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

const DEEPEST = 4; // arrays and dictionaries within one another
const END = new Word("");
const BLANK = "\\0\\t\\n\\f\\r ";
const REGULAR = `[^${BLANK}()<>\\[\\]{}/%]`;
const TOKEN = new RegExp(`(?:[${BLANK}]|%[^\\r\\n]*)*(?:([+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+))(?!${REGULAR})|/(${REGULAR}*)|(${REGULAR}+)|<([\\dA-Fa-f${BLANK}]*)>|(<<|>>|[()<>[\\]{}]))`, "y");
const TEXT = /([^()\\\r]+)|\\([0-7]{1,3})|\\(\r\n|[^])|(\r\n?)|([()])/y;
const ESCAPES = new Map(Object.entries({ n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", "\r\n": "", "\r": "", "\n": "" }));
const BOOLEANS = new Map([["true", true], ["false", false]]);
const CLOSING = new Map([["[", "]"], ["<<", ">>"]]);
const LONG = new Map(Object.entries({ BPC: "BitsPerComponent", CS: "ColorSpace", D: "Decode", DP: "DecodeParms", F: "Filter", H: "Height", IM: "ImageMask", I: "Interpolate", W: "Width" }));
const SAMPLES = new Map([["G", 1], ["DeviceGray", 1], ["RGB", 3], ["DeviceRGB", 3], ["CMYK", 4], ["DeviceCMYK", 4]]);
const PRINTABLE = "[\\t\\n\\f\\r -~]";
const END_OF_PICTURE = new RegExp(`[${BLANK}]EI(?=$|[${BLANK}](?:${PRINTABLE}{15}|${PRINTABLE}{0,15}$))`, "g"); // samples seldom look so
const END_AT_ONCE = new RegExp(`[${BLANK}]*EI(?!${REGULAR})`, "y");

/** @param {string} text of a content, a character for each byte @returns {Generator<Operation>} */
export function* operationsOf(text) {
  const reader = new Reader(text);
  /** @type {Value[]} */
  let operands = [];
  for (let token = reader.read(0); token !== END; token = reader.read(0)) {
    if (!(token instanceof Word)) operands.push(token);
    else {
      yield token.text === "BI" ? { operator: "BI", operands, picture: reader.readPicture() } : { operator: token.text, operands };
      operands = [];
    }
  }
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {number} depth arrays and dictionaries around it @returns {Value | Word} the next token, an array or dictionary whole */
  read(depth) {
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (!found) return END;
    this.at = TOKEN.lastIndex;
    const [, number, key, word, digits, sign] = found;
    if (number !== undefined) return bounded(Number(number));
    if (key !== undefined) return name(key.replace(/#([\dA-Fa-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16))));
    if (word !== undefined) return BOOLEANS.get(word) ?? (word === "null" ? null : new Word(word));
    if (digits !== undefined) return fromHex(digits);
    if (sign === "(") return this.readText();
    return (depth < DEEPEST && this.readGroup(sign, depth + 1)) || new Word(sign);
  }

  /** @returns {Uint8Array<ArrayBuffer> | Word} what stands between parentheses */
  readText() {
    const parts = [];
    for (let depth = 1; depth > 0; ) {
      TEXT.lastIndex = this.at;
      const found = TEXT.exec(this.text);
      if (!found) {
        this.at = this.text.length;
        return new Word("(");
      }
      this.at = TEXT.lastIndex;
      const [, plain, code, escaped, line, bracket] = found;
      depth += bracket === "(" ? 1 : bracket === ")" ? -1 : 0;
      if (depth) parts.push(plain ?? bracket ?? (code ? String.fromCharCode(parseInt(code, 8) & 255) : line ? "\n" : (ESCAPES.get(escaped) ?? escaped)));
    }
    return latin(parts.join(""));
  }

  /** @param {string} opening @param {number} depth @returns {Value[] | Dictionary | null} null: something else stands within */
  readGroup(opening, depth) {
    const closing = CLOSING.get(opening);
    /** @type {Value[]} */
    const items = [];
    while (closing) {
      const item = this.read(depth);
      if (!(item instanceof Word)) items.push(item);
      else if (item.text !== closing) return null;
      else return opening === "[" ? items : pairs(items);
    }
    return null;
  }

  /** @returns {Picture | undefined} what follows BI, up to EI; nothing where it has no end */
  readPicture() {
    /** @type {Value[]} */
    const items = [];
    let token = this.read(0);
    for (; !(token instanceof Word); token = this.read(0)) items.push(token);
    if (token.text !== "ID") return undefined;
    const entries = new Map([...pairs(items)].map(([key, item]) => [LONG.get(key) || key, item]));
    const start = this.at + (this.text.startsWith("\r\n", this.at) ? 2 : 1);
    const length = plainLength(entries);
    [END_AT_ONCE.lastIndex, END_OF_PICTURE.lastIndex] = [start + length, start];
    const end = (length && END_AT_ONCE.exec(this.text)) || END_OF_PICTURE.exec(this.text);
    this.at = end ? end.index + end[0].length : this.text.length;
    return end ? { entries, data: this.text.slice(start, end.index) } : undefined;
  }
}

/** @param {Value[]} items @returns {Dictionary} of keys and values in turn */
function pairs(items) {
  /** @type {Dictionary} */
  const entries = new Map();
  for (let at = 0; at + 1 < items.length; at += 2) {
    const key = items[at];
    if (key instanceof Name) entries.set(key.text, items[at + 1]);
  }
  return entries;
}

/** @param {Dictionary} entries of a picture @returns {number} how many bytes its samples take; 0 where only its filters know */
function plainLength(entries) {
  /** @param {string} key */
  const number = (key) => Number(entries.get(key)) || 0;
  const [space, mask] = [entries.get("ColorSpace"), entries.get("ImageMask") === true];
  const samples = mask || Array.isArray(space) ? 1 : (space instanceof Name && SAMPLES.get(space.text)) || 0;
  return entries.has("Filter") ? 0 : Math.ceil((number("Width") * samples * (mask ? 1 : number("BitsPerComponent"))) / 8) * number("Height");
}
