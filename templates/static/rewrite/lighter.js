/** Makes the pictures of a heavy document smaller: a scan reads as well at 200 dots an inch. */

import { decodedPicture } from "./filters.js";
import { redrawn } from "./photos.js";
import { Indirect, Stream, dictionary, name, reachedFrom } from "./values.js";

const LARGE = 200_000; // bytes of a picture that is worth the time
/** @type {Map<import("./source.js").Held, number>} of the colours of a plain photo */
const CHANNELS = new Map([[name("DeviceGray"), 1], [name("DeviceRGB"), 3]]);
const WORTH = 0.7; // of its bytes: else it stays as it is

/** @param {Indirect} catalog of a document to write, whose pictures change @returns {Promise<void>} */
export async function lightened(catalog) {
  if (!globalThis.OffscreenCanvas) return;
  for (const picture of picturesOf(catalog)) {
    const stream = picture.value;
    try {
      if (!(stream instanceof Stream)) continue;
      const source = sourceOf(stream);
      const jpeg = source && (await redrawn(source));
      if (jpeg && jpeg.data.length < stream.bytes.length * WORTH) picture.value = new Stream(replaced(stream.dictionary, jpeg), jpeg.data);
    } catch {
      // it stays as it is
    }
  }
}

/** @param {Indirect} catalog @returns {Indirect[]} the large pictures of a document */
function picturesOf(catalog) {
  const objects = [...reachedFrom(catalog)].filter((value) => value instanceof Indirect);
  return objects.filter(({ value }) => value instanceof Stream && value.dictionary.get("Subtype") === name("Image") && value.bytes.length > LARGE);
}

/** @param {Stream} picture @returns {ImageBitmapSource | null} null: its colours or samples are not those of a plain photo */
function sourceOf(picture) {
  const { dictionary: entries, bytes } = picture;
  const [width, height] = [entries.get("Width"), entries.get("Height")];
  if (typeof width !== "number" || typeof height !== "number") return null;
  const channels = CHANNELS.get(entries.get("ColorSpace"));
  if (!channels || entries.get("BitsPerComponent") !== 8 || ["Decode", "Mask", "ImageMask"].some((key) => entries.has(key))) return null;
  if (entries.get("Filter") === name("DCTDecode")) return new Blob([bytes]);
  const samples = decodedPicture(picture);
  if (!samples || samples.length < width * height * channels) return null;
  const pixels = new ImageData(width, height);
  for (let at = 0; at < width * height; at += 1) {
    for (let channel = 0; channel < 4; channel += 1) pixels.data[4 * at + channel] = channel === 3 ? 255 : samples[at * channels + (channels === 1 ? 0 : channel)];
  }
  return pixels;
}

/** @param {import("./values.js").Dictionary} previous @param {{width: number, height: number}} jpeg */
function replaced(previous, { width, height }) {
  const kept = [...previous].filter(([key]) => key !== "DecodeParms");
  return new Map([...kept, ...dictionary({ Width: width, Height: height, BitsPerComponent: 8, ColorSpace: "/DeviceRGB", Filter: "/DCTDecode" })]);
}
