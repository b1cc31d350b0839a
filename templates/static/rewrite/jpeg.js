/** What must be known of a JPEG file, and the file without what its camera wrote beside the picture. Pure bytes. */

import { fromLatin, latin } from "./values.js";

const START = [0xff, 0xd8];
const END = [0xff, 0xd9];
const SCAN = 0xda;
const EXIF = 0xe1;
const ADOBE = [0xff, 0xee, 0, 14, ...latin("Adobe"), 0, 100, 0, 0, 0, 0]; // then one byte, which says how colours were coded
const BLANKS = [0, 9, 10, 12, 13, 32]; // which some programs leave before the picture
const NO_FRAMES = [0xc4, 0xc8, 0xcc]; // between 0xc0 and 0xcf, yet no frame headers

/**
 * @typedef {{width: number, height: number, components: number, bits: number, orientation: number, camera: boolean, place: boolean}} Frame
 *   sizes in pixels as stored; `orientation` 1 to 8, as EXIF numbers them; `camera`: it said which took it, and when; `place`: where
 */

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {(Frame & {data: Uint8Array<ArrayBuffer>}) | null} `data`: the picture alone, as inspection wants it (`rules.py`), without
 *   place, date, device, text, profile nor second picture; null when the bytes are no JPEG that can be read
 */
export function readJpeg(bytes) {
  const file = bytes.subarray(Math.max(0, bytes.findIndex((byte) => !BLANKS.includes(byte))));
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const jpeg = { width: 0, height: 0, components: 0, bits: 0, orientation: 1, camera: false, place: false };
  const kept = [Uint8Array.from(START), new Uint8Array()];
  try {
    if (!START.every((byte, at) => byte === file[at])) return null;
    for (let at = 2; at < file.length; ) {
      const marker = view.getUint8(at + 1);
      if (view.getUint8(at) !== 0xff) return null;
      if (marker === 0xff) {
        at += 1; // filling
        continue;
      }
      if (marker === END[1]) break; // phones hide films and depth maps behind the end
      const end = at + 2 + view.getUint16(at + 2);
      if (end > file.length) return null;
      if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker)) readFrame(view, at + 4, jpeg);
      if (marker === EXIF) readNotes(file, at + 4, end, jpeg);
      if (marker === ADOBE[1] && fromLatin(file.subarray(at + 4, at + 9)) === "Adobe") kept[1] = Uint8Array.of(...ADOBE, view.getUint8(at + 15));
      const next = marker === SCAN ? endOfScan(view, end) : end;
      if (isNeeded(marker)) kept.push(file.subarray(at, next));
      at = next;
    }
  } catch (error) {
    if (error instanceof RangeError) return null; // it ends in the middle of a segment
    throw error;
  }
  return jpeg.width ? { ...jpeg, data: joined([...kept, Uint8Array.from(END)]) } : null;
}

/** @param {Uint8Array<ArrayBuffer>[]} parts @returns {Uint8Array<ArrayBuffer>} */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {DataView} view @param {number} at @param {Frame} jpeg */
function readFrame(view, at, jpeg) {
  jpeg.bits = view.getUint8(at);
  jpeg.height = view.getUint16(at + 1);
  jpeg.width = view.getUint16(at + 3);
  jpeg.components = view.getUint8(at + 5);
}

/** Coded data run to the next marker that is neither an escaped 0xff nor a restart, or to the end. @param {DataView} view @param {number} at */
function endOfScan(view, at) {
  for (; at + 1 < view.byteLength; at += 1) {
    if (view.getUint8(at) !== 0xff) continue;
    const next = view.getUint8(at + 1);
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return view.byteLength;
}

/** @param {number} marker @returns {boolean} whether the picture is drawn with the segment: frames, tables and scans */
function isNeeded(marker) {
  return (marker >= 0xc0 && marker <= 0xcf) || (marker >= 0xda && marker <= 0xdd);
}

/** What the camera noted. @param {Uint8Array<ArrayBuffer>} bytes @param {number} at start of the segment's content @param {number} end @param {Frame} jpeg */
function readNotes(bytes, at, end, jpeg) {
  if (fromLatin(bytes.subarray(at, at + 4)) !== "Exif") return;
  jpeg.camera = true;
  const tiff = new DataView(bytes.buffer, bytes.byteOffset + at + 6, end - at - 6);
  try {
    const little = tiff.getUint16(0) === 0x4949;
    const directory = tiff.getUint32(4, little);
    for (let entry = 0; entry < tiff.getUint16(directory, little); entry += 1) {
      const place = directory + 2 + 12 * entry;
      const tag = tiff.getUint16(place, little);
      const value = tiff.getUint16(place + 8, little);
      if (tag === 0x0112 && value >= 1 && value <= 8) jpeg.orientation = value;
      if (tag === 0x8825) jpeg.place = true;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a damaged note is no note
  }
}
