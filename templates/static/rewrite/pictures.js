/** Pictures without what cameras and programs wrote beside them: place, date, device, author. */

import { joined, readJpeg } from "./jpeg.js";
import { Stream, fromLatin, name } from "./values.js";

const BOXES = ["jP  ", "ftyp", "jp2h", "jp2c"]; // of a JPEG 2000 file, what its picture needs
const BARE = "\xffO\xffQ"; // how a picture begins that is in no box

/** @param {Stream | null} picture @param {Set<string>} removed is told what they said @returns {Stream | null} null when it cannot be read */
export function withoutTraces(picture, removed) {
  const data = picture && pictureAlone(picture, removed);
  if (!data) removed.add("picture");
  return data && new Stream(picture.dictionary, data);
}

/** @param {Stream} picture @param {Set<string>} removed @returns {Uint8Array<ArrayBuffer> | null} */
function pictureAlone({ dictionary: entries, bytes }, removed) {
  const filter = entries.get("Filter");
  if (filter === name("JPXDecode")) return boxes(bytes);
  if (filter !== name("DCTDecode")) return bytes;
  const jpeg = readJpeg(bytes);
  if (jpeg) tell(jpeg, removed);
  return jpeg && jpeg.data;
}

/** @param {import("./jpeg.js").Frame} jpeg @param {Set<string>} removed */
export function tell({ camera, place }, removed) {
  if (place) removed.add("place");
  else if (camera) removed.add("camera");
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Uint8Array<ArrayBuffer> | null} the boxes to keep; all when it is a bare picture, without boxes */
function boxes(bytes) {
  if (fromLatin(bytes.subarray(0, BARE.length)) === BARE) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Map<string, Uint8Array<ArrayBuffer>>} */
  const found = new Map();
  for (let at = 0; at + 8 <= bytes.length; ) {
    const long = view.getUint32(at) === 1 && at + 16 <= bytes.length;
    const length = long ? Number(view.getBigUint64(at + 8)) : view.getUint32(at) || bytes.length - at;
    if (length < 8) return null;
    found.set(fromLatin(bytes.subarray(at + 4, at + 8)), bytes.subarray(at, at + length));
    at += length;
  }
  return found.has("jp2c") ? joined(BOXES.flatMap((box) => found.get(box) || [])) : null;
}
