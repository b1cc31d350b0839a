/** The photos of which a document is made: each is a page, which may be turned, moved or taken out. */

import { all, byId, copy, find } from "./dom.js";

/** @typedef {import("./document.js").Photo} Photo */

const WIDE = 96; // pixels of a picture of a page

/**
 * @param {string} kind the start of every identifier of this part of the page
 * @param {Photo[]} photos none: nothing is shown
 * @param {(photos: Photo[]) => void} change what is to be bound now
 */
export function showPhotos(kind, photos, change) {
  const list = byId(`${kind}-photos`);
  /** @type {HTMLElement} */ (list.parentElement).hidden = !photos.length;
  list.replaceChildren(...photos.map((photo, place) => row(photos, photo, place, change)));
}

/**
 * @param {Photo[]} photos @param {Photo} photo one of them @param {number} place @param {(photos: Photo[]) => void} change
 * @returns {DocumentFragment}
 */
function row(photos, photo, place, change) {
  const part = copy("modele-photo", { page: `Page ${place + 1}` });
  draw(find(part, "canvas"), photo);
  const others = photos.filter((other) => other !== photo);
  /** @type {Record<string, Photo[]>} */
  const acts = {
    tourner: photos.map((other) => (other === photo ? { ...other, turns: (other.turns + 1) % 4 } : other)),
    monter: [...others.slice(0, place - 1), photo, ...others.slice(place - 1)],
    oter: others,
  };
  for (const button of all(part, "button")) {
    const { acte: act = "" } = button.dataset;
    button.hidden = (act === "monter" && !place) || (act === "oter" && !others.length);
    find(button, ".cache").textContent = ` : page ${place + 1}`;
    button.addEventListener("click", () => change(acts[act]));
  }
  return part;
}

/** @param {HTMLCanvasElement} canvas @param {Photo} photo */
async function draw(canvas, { bytes, turns }) {
  const picture = await createImageBitmap(new Blob([bytes])).catch(() => null);
  if (!picture) return;
  const scale = WIDE / Math.max(picture.width, picture.height);
  const [wide, high] = [picture.width * scale, picture.height * scale];
  [canvas.width, canvas.height] = turns % 2 ? [high, wide] : [wide, high];
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate((turns * Math.PI) / 2);
  pen.drawImage(picture, -wide / 2, -high / 2, wide, high);
  picture.close();
}
