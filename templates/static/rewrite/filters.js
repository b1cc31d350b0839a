/** How the bytes of a stream are coded. All but pictures are decoded and coded again; a picture keeps its last filter. */

import { Unzlib, zlibSync } from "fflate";
import Ascii85Stream from "@cantoo/pdf-lib/es/core/streams/Ascii85Stream.js";
import AsciiHexStream from "@cantoo/pdf-lib/es/core/streams/AsciiHexStream.js";
import FlateStream from "@cantoo/pdf-lib/es/core/streams/FlateStream.js";
import LZWStream from "@cantoo/pdf-lib/es/core/streams/LZWStream.js";
import RunLengthStream from "@cantoo/pdf-lib/es/core/streams/RunLengthStream.js";
import CodedStream from "@cantoo/pdf-lib/es/core/streams/Stream.js";
import { Name, Stream, Unwritable, dictionary, latin, name } from "./values.js";

/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./source.js").Held} Held */
/** @typedef {import("./values.js").Dictionary} Dictionary */
/** @typedef {{eof: boolean, buffer: Uint8Array<ArrayBuffer>, bufferLength: number, readBlock: () => void}} Decoder of the library, block by block */

/** @type {Record<string, string>} */
const SHORT = { A85: "ASCII85Decode", AHx: "ASCIIHexDecode", CCF: "CCITTFaxDecode", DCT: "DCTDecode", Fl: "FlateDecode", LZW: "LZWDecode", RL: "RunLengthDecode" };
/** @type {Record<string, (coded: CodedStream, parameters: Dictionary) => unknown>} */
const DECODERS = {
  ASCII85Decode: (coded) => new Ascii85Stream(coded),
  ASCIIHexDecode: (coded) => new AsciiHexStream(coded),
  RunLengthDecode: (coded) => new RunLengthStream(coded),
  FlateDecode: (coded) => new FlateStream(coded),
  LZWDecode: (coded, parameters) => new LZWStream(coded, undefined, parameters.get("EarlyChange") === 0 ? 0 : 1),
};
const PICTURES = ["DCTDecode", "JPXDecode", "CCITTFaxDecode", "JBIG2Decode"];
const MOST = 300_000_000; // bytes of one stream: what an old laptop still holds
const PIECE = 65_536;
const CODING = ["Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL", "Length"];

/**
 * @param {Source} source @param {Stream} stream
 * @returns {Uint8Array<ArrayBuffer> | null} what it holds, decoded; null when it is coded in a way that only pictures are, or not at all as it says
 */
export function decoded(source, stream) {
  const { bytes, filters } = unwrapped(source, stream, []);
  return filters.length ? null : bytes;
}

/** @param {number[]} box @param {string} text what draws @param {import("./values.js").Plain} resources @returns {Stream} a drawing of its own */
export function drawing(box, text, resources) {
  return coded(new Stream(dictionary({ BBox: box, Resources: resources }), latin("")), latin(text));
}

/** @param {Stream} stream @param {Uint8Array<ArrayBuffer>} content @returns {Stream} the same with another content */
export function coded(stream, content) {
  return new Stream(recoded(stream, "FlateDecode"), zlibSync(content));
}

/**
 * @param {Source} source @param {Stream} stream a picture
 * @returns {Stream | null} with one filter at most; null when its bytes are not what its filters say
 */
export function simplified(source, stream) {
  const { bytes, filters } = unwrapped(source, stream, ["FlateDecode"]);
  if (!filters.length) return coded(stream, bytes);
  const [{ filter, parameters }] = filters;
  if (filters.length > 1 || ![...PICTURES, "FlateDecode"].includes(filter)) return null;
  const entries = recoded(stream, filter);
  if (parameters.size) entries.set("DecodeParms", parameters);
  return filter !== "FlateDecode" || inflates(bytes) ? new Stream(entries, bytes) : null;
}

/** @param {Stream} stream @param {string} filter @returns {Dictionary} of the same stream, coded by this filter alone */
export function recoded(stream, filter) {
  return new Map([...stream.dictionary].filter(([key]) => !CODING.includes(key))).set("Filter", name(filter));
}

/** @param {Uint8Array<ArrayBuffer>} bytes of a picture @returns {boolean} whether they inflate to their end @throws {Unwritable} to too much */
function inflates(bytes) {
  let size = 0;
  const inflating = new Unzlib((piece) => (size += piece.length));
  try {
    for (let at = 0; at < bytes.length && size < MOST; at += PIECE) inflating.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
  } catch {
    return false;
  }
  if (size >= MOST) throw new Unwritable("heavy");
  return true;
}

/** @param {Stream} picture written by us @returns {Uint8Array<ArrayBuffer> | null} its samples, deflated until now */
export function decodedPicture({ dictionary: entries, bytes }) {
  if (entries.get("Filter") !== name("FlateDecode")) return null;
  const given = entries.get("DecodeParms");
  const parameters = given instanceof Map ? given : new Map();
  return unpredicted(drained("FlateDecode", bytes, parameters), parameters);
}

/**
 * Undo filters from the outside in, up to the last one if it is among `kept`, or to one that only pictures have.
 * @param {Source} source @param {Stream} stream @param {string[]} kept
 */
function unwrapped(source, stream, kept) {
  const filters = filtersOf(source, stream.dictionary);
  let { bytes } = stream;
  while (filters.length) {
    const { filter, parameters } = filters[0];
    if (!DECODERS[filter] || (filters.length === 1 && kept.includes(filter))) break;
    bytes = unpredicted(drained(filter, bytes, parameters), parameters);
    filters.shift();
  }
  return { bytes, filters };
}

/**
 * What a filter gives, up to where its bytes are damaged: viewers show as much.
 * @param {string} filter @param {Uint8Array<ArrayBuffer>} bytes @param {Dictionary} parameters
 * @returns {Uint8Array<ArrayBuffer>} @throws {Unwritable}
 */
function drained(filter, bytes, parameters) {
  /** @type {Decoder} */
  let decoder = { eof: true, buffer: new Uint8Array(), bufferLength: 0, readBlock: () => {} };
  try {
    decoder = /** @type {Decoder} */ (DECODERS[filter](new CodedStream(bytes), parameters));
    while (!decoder.eof && decoder.bufferLength < MOST) decoder.readBlock();
  } catch {
    // what came before is whole
  }
  if (decoder.bufferLength >= MOST) throw new Unwritable("heavy");
  return decoder.buffer.subarray(0, decoder.bufferLength);
}

/** @param {Source} source @param {Dictionary} entries of a stream @returns {{filter: string, parameters: Dictionary}[]} */
function filtersOf(source, entries) {
  /** @param {string[]} keys */
  const listed = (keys) => {
    const value = source.get(keys.map((key) => entries.get(key)).find((held) => held !== undefined));
    return Array.isArray(value) ? value : [value];
  };
  const parameters = listed(["DecodeParms", "DP"]);
  const filters = listed(["Filter"]).map((held) => source.get(held));
  return filters
    .map((filter, place) => ({ filter: filter instanceof Name ? SHORT[filter.text] || filter.text : "", parameters: resolved(source, parameters[place]) }))
    .filter(({ filter }) => filter && filter !== "Crypt");
}

/** @param {Source} source @param {Held} parameters @returns {Dictionary} */
function resolved(source, parameters) {
  return new Map([...source.dictionary(parameters)].map(([key, held]) => [key, typeof source.get(held) === "object" ? held : source.get(held)]));
}

/**
 * Undo what was done to the rows before they were coded (ISO 32000-2, 7.4.4.4).
 * @param {Uint8Array<ArrayBuffer>} bytes @param {Dictionary} parameters
 */
function unpredicted(bytes, parameters) {
  /** @param {string} key @param {number} usual */
  const get = (key, usual) => {
    const number = parameters.get(key);
    return typeof number === "number" && Number.isInteger(number) ? number : usual;
  };
  const predictor = get("Predictor", 1);
  if (predictor < 2) return bytes;
  const sample = Math.max(1, (get("Colors", 1) * get("BitsPerComponent", 8)) >> 3);
  const row = (get("Columns", 1) * get("Colors", 1) * get("BitsPerComponent", 8) + 7) >> 3;
  const tagged = predictor >= 10 ? 1 : 0;
  const rows = Math.ceil(bytes.length / (row + tagged));
  const plain = new Uint8Array(rows * row);
  for (let y = 0; y < rows; y += 1) {
    const from = y * (row + tagged);
    const type = tagged ? bytes[from] : 1;
    for (let x = 0; x < row; x += 1) {
      const at = y * row + x;
      const left = x >= sample ? plain[at - sample] : 0;
      const up = y && tagged ? plain[at - row] : 0;
      const corner = y && tagged && x >= sample ? plain[at - row - sample] : 0;
      plain[at] = (bytes[from + tagged + x] || 0) + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][type > 4 ? 0 : type];
    }
  }
  return plain;
}

/** @param {number} left @param {number} up @param {number} corner @returns {number} the nearest to what they foretell (PNG, 9.4) */
function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
