/** Pictures without what cameras and programs wrote beside them: place, date, device, author. */

import { joined, readJpeg } from "./jpeg.js";
import { Stream, fromLatin, name } from "./values.js";

const BOXES = ["jP  ", "ftyp", "jp2h", "jp2c"]; // of a JPEG 2000 file, what its picture needs

/** @param {Stream} picture @param {Set<string>} removed is told what they said @returns {Stream} */
export function withoutTraces(picture, removed) {
  const filter = picture.dictionary.get("Filter");
  if (filter === name("DCTDecode")) {
    const jpeg = readJpeg(picture.bytes);
    if (jpeg) tell(jpeg, removed);
    return jpeg ? new Stream(picture.dictionary, jpeg.data) : picture;
  }
  if (filter === name("JPXDecode")) return new Stream(picture.dictionary, joined(boxes(picture.bytes)));
  return picture;
}

/** @param {import("./jpeg.js").Frame} jpeg @param {Set<string>} removed */
export function tell({ camera, place }, removed) {
  if (place) removed.add("place");
  else if (camera) removed.add("camera");
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Uint8Array<ArrayBuffer>[]} the boxes to keep; all when it is a bare picture, without boxes */
function boxes(bytes) {
  if (fromLatin(bytes.subarray(4, 8)) !== "jP  ") return [bytes];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const long = view.getUint32(at) === 1 && at + 16 <= bytes.length;
    const length = long ? Number(view.getBigUint64(at + 8)) : view.getUint32(at) || bytes.length - at;
    if (length < 8) break;
    if (BOXES.includes(fromLatin(bytes.subarray(at + 4, at + 8)))) kept.push(bytes.subarray(at, at + length));
    at += length;
  }
  return kept;
}
