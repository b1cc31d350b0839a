/**
 * The values of a PDF, as everything here handles them: numbers, booleans and null are JavaScript's own, an array an Array, a
 * dictionary a Map from keys (text, without the slash) to values, a string its bytes; the rest is below.
 */

/**
 * @typedef {number | boolean | null | Uint8Array<ArrayBuffer> | Name | Ref | Indirect | Stream | Value[] | Map<string, Value>} Value
 * @typedef {Map<string, Value>} Dictionary
 */

/** A name; the same text is the same object. `text` has one character per byte. */
export class Name {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @type {Map<string, Name>} */
const names = new Map();

/** @param {string} text @returns {Name} */
export function name(text) {
  const known = names.get(text) || new Name(text);
  names.set(text, known);
  return known;
}

/** @typedef {Value | string | Plain[] | {[key: string]: Plain}} Plain « /Name », an array, an object for a dictionary, or any value */

/** @param {Plain} plain @returns {Value} as the values above */
function pdf(plain) {
  if (typeof plain === "string") return name(plain.slice(1));
  if (Array.isArray(plain)) return plain.map(pdf);
  return isObject(plain) ? dictionary(plain) : plain;
}

/** @param {Exclude<Plain, string | Plain[]>} plain @returns {plain is {[key: string]: Plain}} */
const isObject = (plain) => Boolean(plain) && Object.getPrototypeOf(plain) === Object.prototype;

/** @param {{[key: string]: Plain}} entries @returns {Dictionary} */
export function dictionary(entries) {
  return new Map(Object.entries(entries).map(([key, item]) => [key, pdf(item)]));
}

/** A reference to an object of the document that is read; `source.js` holds what it leads to. */
export class Ref {}

/** A dictionary and the bytes that go with it, coded as its Filter says. */
export class Stream {
  /** @param {Dictionary} dictionary @param {Uint8Array<ArrayBuffer>} bytes */
  constructor(dictionary, bytes) {
    this.dictionary = dictionary;
    this.bytes = bytes;
  }
}

/** An object of the document that is written: what holds it writes a reference. */
export class Indirect {
  /** @param {Value} value */
  constructor(value) {
    this.value = value;
  }
}

/** @param {Indirect} catalog of a document to write @returns {Set<Value>} all that it leads to, objects as such */
export function reachedFrom(catalog) {
  /** @type {Set<Value>} */
  const reached = new Set([catalog]);
  for (const item of reached) {
    const value = item instanceof Indirect ? item.value : item;
    const inner = value instanceof Stream ? value.dictionary : value;
    const items = inner instanceof Map ? inner.values() : Array.isArray(inner) ? inner : [];
    for (const within of items) if (within instanceof Indirect || within instanceof Map || Array.isArray(within)) reached.add(within);
  }
  return reached;
}

/** @typedef {"password" | "broken" | "pages" | "empty" | "form" | "heavy" | "photo" | "old_browser"} Reason */

/** Why a document cannot be rewritten; `code` has its French sentence on the page. */
export class Unwritable extends Error {
  /** @param {Reason} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {string} text of characters up to U+00FF @returns {Uint8Array<ArrayBuffer>} one byte for each */
export function latin(text) {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {string} one character for each */
export function fromLatin(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** @param {string} digits hexadecimal, perhaps with blanks, perhaps without the last zero @returns {Uint8Array<ArrayBuffer>} */
export function fromHex(digits) {
  const pairs = digits.match(/[\dA-Fa-f][^\dA-Fa-f]*[\dA-Fa-f]?/g) || [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair.replace(/[^\dA-Fa-f]/g, "").padEnd(2, "0"), 16));
}

const MOST = 999_999_999;

/** @param {number} number @returns {number} the nearest that the canonical form writes */
export const bounded = (number) => Math.max(-MOST, Math.min(MOST, number));
