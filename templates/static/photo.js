/** A photo of a page becomes a PDF of one A4 page. Nothing leaves the browser for that. */

import { joined, readJpeg } from "./jpeg.js";

const A4 = [595.28, 841.89]; // points
const MARGIN = 20;
const LONGEST = 3508; // pixels: an A4 page at 300 per inch
const HEAVY = 4_000_000; // bytes: beyond, a smaller copy reads as well
const QUALITY = 0.85;

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

/** The photo cannot be read by this browser. */
export class NotAPhoto extends Error {}

/**
 * @param {Uint8Array} bytes a JPEG or PNG file
 * @returns {Promise<Uint8Array>} a PDF
 * @throws {NotAPhoto}
 */
export async function photoToPdf(bytes) {
  const jpeg = readJpeg(bytes);
  const asItIs =
    jpeg && jpeg.bits === 8 && [1, 3].includes(jpeg.components) && Math.max(jpeg.width, jpeg.height) <= LONGEST &&
    jpeg.data.length <= HEAVY;
  return pageOf(asItIs ? jpeg : await redrawn(bytes));
}

/** Draw it anew, upright, on white, no larger than a page needs. @param {Uint8Array} bytes @throws {NotAPhoto} */
async function redrawn(bytes) {
  const picture = await decoded(new Blob([bytes]));
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  canvas.width = 0; // frees the pixels at once
  const jpeg = blob && readJpeg(new Uint8Array(await blob.arrayBuffer()));
  if (!jpeg) throw new NotAPhoto();
  return jpeg;
}

/** @param {Blob} blob @returns {Promise<ImageBitmap>} @throws {NotAPhoto} */
async function decoded(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch (error) {
    if (!(error instanceof TypeError)) throw new NotAPhoto();
  }
  return createImageBitmap(blob).catch(() => Promise.reject(new NotAPhoto())); // older browsers know no options
}

/** @param {NonNullable<ReturnType<typeof readJpeg>>} jpeg @returns {Uint8Array} */
function pageOf({ data, width, height, components, orientation }) {
  const [wide, high] = orientation > 4 ? [height, width] : [width, height];
  const [pageWide, pageHigh] = wide > high ? [A4[1], A4[0]] : A4;
  const scale = Math.min((pageWide - 2 * MARGIN) / wide, (pageHigh - 2 * MARGIN) / high);
  const [w, h] = [wide * scale, high * scale];
  const [left, bottom] = [(pageWide - w) / 2, (pageHigh - h) / 2];
  const [a, b, c, d, e, f] = SHOWN[orientation - 1];
  const matrix = [a * w, d * h, b * w, e * h, left + c * w, bottom + f * h].map((n) => n.toFixed(3)).join(" ");
  const drawing = `q ${matrix} cm /P Do Q`;
  const colours = components === 1 ? "/DeviceGray" : "/DeviceRGB";
  return written([
    [`<</Type/Catalog/Pages 2 0 R>>`],
    [`<</Type/Pages/Kids[3 0 R]/Count 1>>`],
    [`<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${pageWide} ${pageHigh}]/Resources<</XObject<</P 5 0 R>>>>/Contents 4 0 R>>`],
    [`<</Length ${drawing.length}>>\nstream\n${drawing}\nendstream`],
    [
      `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}/ColorSpace${colours}/BitsPerComponent 8/Filter/DCTDecode/Length ${data.length}>>\nstream\n`,
      data,
      "\nendstream",
    ],
  ]);
}

/** Number the objects of a PDF and write its table. @param {(string | Uint8Array)[][]} objects the first is its catalog */
function written(objects) {
  const encoder = new TextEncoder();
  const parts = [encoder.encode("%PDF-1.4\n")];
  let length = parts[0].length;
  const add = (part) => {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    parts.push(bytes);
    length += bytes.length;
  };
  const places = objects.map((content, index) => {
    const place = length;
    [`${index + 1} 0 obj\n`, ...content, "\nendobj\n"].forEach(add);
    return place;
  });
  const table = length;
  const lines = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const count = objects.length + 1;
  add(`xref\n0 ${count}\n0000000000 65535 f \n${lines}trailer\n<</Size ${count}/Root 1 0 R>>\nstartxref\n${table}\n%%EOF\n`);
  return joined(parts);
}
