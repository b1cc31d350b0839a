/** The canonical form: one header, objects in the order of their first mention, one table, one way to write each value. */

import { joined } from "./jpeg.js";
import { Indirect, Name, Stream, Unwritable, latin } from "./values.js";

const HEADER = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";
const DECIMALS = 10;
const MOST_STRUCTURE = 2_000_000; // bytes that are not within a stream: what inspection reads in time
const PLAIN = /[^A-Za-z0-9._+-]/g;

/** @param {Indirect} catalog @returns {Uint8Array<ArrayBuffer>} the document @throws {Unwritable} */
export function written(catalog) {
  const numbers = new Map([[catalog, 1]]);
  const objects = [catalog]; // grows while it is walked: whatever is first mentioned comes next
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  const places = [];
  let length = 0;
  /** @param {Uint8Array<ArrayBuffer>} part */
  const add = (part) => {
    parts.push(part);
    length += part.length;
  };
  /** @param {Indirect} indirect */
  const numberOf = (indirect) => {
    const number = numbers.get(indirect) || objects.push(indirect);
    numbers.set(indirect, number);
    return number;
  };
  add(latin(HEADER));
  for (const { value } of objects) {
    places.push(length);
    const dictionary = value instanceof Stream ? new Map([...value.dictionary, ["Length", value.bytes.length]]) : value;
    add(latin(`${places.length} 0 obj\n${valueText(dictionary, numberOf)}\n`));
    if (value instanceof Stream) [latin("stream\n"), value.bytes, latin("\nendstream\n")].forEach(add);
    add(latin("endobj\n"));
  }
  const streams = objects.reduce((sum, { value }) => sum + (value instanceof Stream ? value.bytes.length : 0), 0);
  if (length - streams > MOST_STRUCTURE) throw new Unwritable("heavy");
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const count = places.length + 1;
  add(latin(`xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n<</Root 1 0 R/Size ${count}>>\nstartxref\n${length}\n%%EOF\n`));
  return joined(parts);
}

/** @param {import("./values.js").Value} value @param {(indirect: Indirect) => number} [numberOf] @returns {string} */
export function valueText(value, numberOf = () => 0) {
  if (value instanceof Indirect) return `${numberOf(value)} 0 R`;
  if (value instanceof Name) return nameText(value.text);
  if (value instanceof Uint8Array) return `<${Array.from(value, hex).join("")}>`;
  if (Array.isArray(value)) return `[${value.map((item) => valueText(item, numberOf)).join(" ")}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => ({ key: nameText(key), item })).sort((a, b) => (a.key < b.key ? -1 : 1));
    return `<<${entries.map(({ key, item }) => `${key} ${valueText(item, numberOf)}`).join("")}>>`;
  }
  return typeof value === "number" ? numberText(value) : String(value);
}

/** @param {string} name @returns {string} */
function nameText(name) {
  return `/${name.replace(PLAIN, (character) => `#${hex(character.charCodeAt(0))}`)}`;
}

/** @param {number} number @returns {string} */
function numberText(number) {
  if (Number.isInteger(number)) return String(number || 0); // not « -0 »
  const digits = number.toFixed(DECIMALS).replace(/\.?0+$/, "");
  return digits === "-0" ? "0" : digits;
}

/** @param {number} byte @returns {string} */
function hex(byte) {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}
