/** Makes the pictures of a heavy document smaller: a scan reads as well at 200 dots an inch. */

import { decodedPicture } from "./filters.js";
import { redrawn } from "./photos.js";
import { Indirect, Name, Stream, name, pdf } from "./values.js";

const LARGE = 200_000; // bytes of a picture that is worth the time
const WORTH = 0.7; // of its bytes: else it stays as it is

/** @param {Indirect} catalog of a document to write, whose pictures change @returns {Promise<void>} */
export async function lightened(catalog) {
  if (!globalThis.OffscreenCanvas) return;
  for (const picture of picturesOf(catalog)) {
    const stream = picture.value;
    try {
      const source = sourceOf(stream);
      const jpeg = source && (await redrawn(source));
      if (jpeg && jpeg.data.length < stream.bytes.length * WORTH) picture.value = new Stream(replaced(stream.dictionary, jpeg), jpeg.data);
    } catch {
      // it stays as it is
    }
  }
}

/** @returns {Indirect[]} the large pictures of a document */
function picturesOf(catalog) {
  const reached = new Set([catalog]);
  const look = (value) => {
    if (value instanceof Indirect) reached.add(value);
    else if (value instanceof Map) value.forEach(look);
    else if (Array.isArray(value)) value.forEach(look);
  };
  for (const { value } of reached) look(value instanceof Stream ? value.dictionary : value);
  return [...reached].filter(({ value }) => value instanceof Stream && value.dictionary.get("Subtype") === name("Image") && value.bytes.length > LARGE);
}

/** @returns {ImageBitmapSource | null} null: its colours or samples are not those of a plain photo */
function sourceOf({ dictionary, bytes }) {
  const [width, height] = [dictionary.get("Width"), dictionary.get("Height")];
  const channels = channelsOf(dictionary.get("ColorSpace"));
  if (!channels || dictionary.get("BitsPerComponent") !== 8 || ["Decode", "Mask", "ImageMask"].some((key) => dictionary.has(key))) return null;
  if (dictionary.get("Filter") === name("DCTDecode")) return new Blob([bytes]);
  const samples = decodedPicture({ dictionary, bytes });
  if (!samples || samples.length < width * height * channels) return null;
  const pixels = new ImageData(width, height);
  for (let at = 0; at < width * height; at += 1) {
    for (let channel = 0; channel < 4; channel += 1) pixels.data[4 * at + channel] = channel === 3 ? 255 : samples[at * channels + (channels === 1 ? 0 : channel)];
  }
  return pixels;
}

/** @returns {number} 1 for greys, 3 for red, green and blue, 0 for anything else */
function channelsOf(space) {
  if (space instanceof Name) return { DeviceGray: 1, DeviceRGB: 3 }[space.text] || 0;
  if (!Array.isArray(space) || space[0] !== name("ICCBased")) return 0;
  return [1, 3].find((channels) => space[1].value.dictionary.get("N") === channels) || 0;
}

function replaced(dictionary, { width, height }) {
  const kept = [...dictionary].filter(([key]) => key !== "DecodeParms");
  return new Map([...kept, ...pdf({ Width: width, Height: height, BitsPerComponent: 8, ColorSpace: "/DeviceRGB", Filter: "/DCTDecode" })]);
}
