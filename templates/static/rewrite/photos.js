/** Photos of pages become one PDF, a page of A4 for each. */

import { readJpeg } from "./jpeg.js";
import { coded } from "./filters.js";
import { MOST_PAGES } from "./pages.js";
import { tell } from "./pictures.js";
import { Indirect, Stream, Unwritable, dictionary, latin } from "./values.js";
import { valueText, written } from "./writer.js";

const A4 = [595.28, 841.89]; // points
const MARGIN = 20;
const LONGEST = 2480; // pixels: an A4 page at 210 per inch
const HEAVY = 1_000_000; // bytes: beyond, a smaller copy reads as well
const QUALITY = 0.8;

/** Where a point (u, v) of the stored picture is shown, by EXIF orientation: x = a·u + b·v + c, y = d·u + e·v + f. */
const SHOWN = [
  [1, 0, 0, 0, 1, 0],
  [-1, 0, 1, 0, 1, 0],
  [-1, 0, 1, 0, -1, 1],
  [1, 0, 0, 0, -1, 1],
  [0, -1, 1, -1, 0, 1],
  [0, 1, 0, -1, 0, 1],
  [0, 1, 0, 1, 0, 0],
  [0, -1, 1, 1, 0, 0],
];

/**
 * @param {{bytes: Uint8Array<ArrayBuffer>, turns: number}[]} photos JPEG or PNG files, each with its quarter turns, clockwise
 * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, removed: string[]}>}
 * @throws {Unwritable}
 */
export async function bound(photos) {
  if (photos.length > MOST_PAGES) throw new Unwritable("pages");
  /** @type {Set<string>} */
  const removed = new Set();
  const node = new Indirect(null);
  const pages = [];
  for (const { bytes, turns } of photos) {
    const jpeg = readJpeg(bytes);
    if (jpeg) tell(jpeg, removed);
    const asItIs = jpeg && jpeg.bits === 8 && [1, 3].includes(jpeg.components) && Math.max(jpeg.width, jpeg.height) <= LONGEST && jpeg.data.length <= HEAVY;
    pages.push(pageOf(asItIs ? jpeg : await redrawn(new Blob([bytes])), turns, node));
  }
  node.value = dictionary({ Type: "/Pages", Kids: pages, Count: pages.length });
  return { bytes: written(new Indirect(dictionary({ Type: "/Catalog", Pages: node }))), removed: [...removed] };
}

/** @typedef {import("./jpeg.js").Frame & {data: Uint8Array<ArrayBuffer>}} Jpeg */

/** @param {Jpeg} jpeg @param {number} turns quarters of them, clockwise @param {Indirect} node above it @returns {Indirect} */
function pageOf({ data, width, height, components, orientation }, turns, node) {
  const [wide, high] = orientation > 4 ? [height, width] : [width, height];
  const [pageWide, pageHigh] = wide > high ? [A4[1], A4[0]] : A4;
  const scale = Math.min((pageWide - 2 * MARGIN) / wide, (pageHigh - 2 * MARGIN) / high);
  const [w, h] = [wide * scale, high * scale];
  const [left, bottom] = [(pageWide - w) / 2, (pageHigh - h) / 2];
  const [a, b, c, d, e, f] = SHOWN[orientation - 1];
  const matrix = [a * w, d * h, b * w, e * h, left + c * w, bottom + f * h].map((n) => valueText(Number(n.toFixed(3)))).join(" ");
  const picture = dictionary({ Type: "/XObject", Subtype: "/Image", Width: width, Height: height, BitsPerComponent: 8, ColorSpace: components === 1 ? "/DeviceGray" : "/DeviceRGB", Filter: "/DCTDecode" });
  return new Indirect(
    dictionary({
      Type: "/Page",
      Parent: node,
      MediaBox: [0, 0, pageWide, pageHigh],
      Rotate: 90 * turns,
      Resources: { XObject: { P: new Indirect(new Stream(picture, data)) } },
      Contents: new Indirect(coded(new Stream(new Map(), latin("")), latin(`q\n${matrix} cm\n/P Do\nQ\n`))),
    }),
  );
}

/**
 * Draw a picture anew, upright, on white, no larger than a page needs.
 * @param {ImageBitmapSource} source @returns {Promise<Jpeg>}
 * @throws {Unwritable} this browser cannot read it, or cannot draw here
 */
export async function redrawn(source) {
  if (!globalThis.OffscreenCanvas) throw new Unwritable("old_browser");
  const picture = await shown(source);
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  const pen = canvas.getContext("2d");
  if (!pen) throw new Unwritable("old_browser");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  const jpeg = readJpeg(new Uint8Array(await blob.arrayBuffer()));
  if (!jpeg) throw new Unwritable("photo");
  return jpeg;
}

/** @param {ImageBitmapSource} source @returns {Promise<ImageBitmap>} @throws {Unwritable} */
async function shown(source) {
  try {
    return await createImageBitmap(source, { imageOrientation: "from-image" });
  } catch (error) {
    if (!(error instanceof TypeError)) throw new Unwritable("photo");
  }
  return createImageBitmap(source).catch(() => Promise.reject(new Unwritable("photo"))); // older browsers know no options
}
