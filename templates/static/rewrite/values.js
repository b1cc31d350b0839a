/**
 * The values of a PDF, as everything here handles them: numbers, booleans and null are JavaScript's own, an array an Array, a
 * dictionary a Map from keys (text, without the slash) to values, a string its bytes; the rest is below.
 */

/** A name; the same text is the same object. `text` has one character per byte. */
export class Name {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

const names = new Map();

/** @param {string} text @returns {Name} */
export function name(text) {
  if (!names.has(text)) names.set(text, new Name(text));
  return names.get(text);
}

/** @param {any} plain an object, an array, « /Name », or any other value @returns {any} as the values above */
export function pdf(plain) {
  if (typeof plain === "string") return name(plain.slice(1));
  if (Array.isArray(plain)) return plain.map(pdf);
  return plain && Object.getPrototypeOf(plain) === Object.prototype ? new Map(Object.entries(plain).map(([key, item]) => [key, pdf(item)])) : plain;
}

/** A reference to an object of the document that is read; `source.js` holds what it leads to. */
export class Ref {}

/** A dictionary and the bytes that go with it, coded as its Filter says. */
export class Stream {
  /** @param {Map<string, any>} dictionary @param {Uint8Array} bytes */
  constructor(dictionary, bytes) {
    this.dictionary = dictionary;
    this.bytes = bytes;
  }
}

/** An object of the document that is written: what holds it writes a reference. */
export class Indirect {
  /** @param {Map<string, any> | Stream} value */
  constructor(value) {
    this.value = value;
  }
}

/** Why a document cannot be rewritten; `code` has its French sentence on the page. */
export class Unwritable extends Error {
  /** @param {"password" | "broken" | "pages" | "empty" | "form" | "heavy" | "photo" | "old_browser"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {string} text of characters up to U+00FF @returns {Uint8Array} one byte for each */
export function latin(text) {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** @param {Uint8Array} bytes @returns {string} one character for each */
export function fromLatin(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
