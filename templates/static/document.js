/** What can be told of a document before anything leaves: is it a PDF or a photo, and is it small enough. */

import { capital, size, words } from "./french.js";
import { NotAPhoto, photoToPdf } from "./photo.js";

const PHOTO_MAX_BYTES = 60_000_000; // it becomes a smaller PDF; beyond, the browser itself may give up
const HEAD_BYTES = 16;

/** How files begin, as Latin-1 text; HEIC says its name after four bytes of length. */
const SIGNATURES = [
  [/^%PDF-/, "pdf"],
  [/^\xff\xd8\xff|^\x89PNG\r\n\x1a\n/, "photo"],
  [/^.{4}ftyp(?:heic|heix|hevc|mif1|msf1|avif)/s, "heic"],
  [/^PK\x03\x04|^\xd0\xcf\x11\xe0|^\{\\rtf/, "office"],
];
const REFUSALS = {
  heic: "Cette photo est au format HEIC, que peu d’ordinateurs lisent. Enregistrez-la au format JPEG, ou faites-en une capture d’écran, puis choisissez-la.",
  office: "Ce fichier n’est pas un PDF. S’il vient de Word ou de LibreOffice, suivez les trois étapes écrites dessous.",
  other: "Ce fichier n’est ni un PDF, ni une photo JPEG ou PNG. Ouvrez-le, enregistrez-le au format PDF, puis choisissez le PDF.",
};

/**
 * Read a chosen file; a photo becomes a PDF. Once read, it no longer matters that the USB stick goes.
 * @param {File} file @param {{kind: string, maxBytes: number}} limits
 * @returns {Promise<{bytes: Uint8Array, photo: boolean} | {refusal: string, office: boolean}>} the PDF, or a sentence
 *   saying what to do; `office`: it comes from a word processor
 */
export async function readDocument(file, { kind, maxBytes }) {
  const refuse = (refusal, office = false) => ({ refusal, office });
  if (file.size === 0) return refuse("Ce fichier est vide. Ouvrez-le pour vérifier, puis choisissez un autre fichier.");
  const head = await bytesOf(file.slice(0, HEAD_BYTES));
  if (!head) return refuse(unreadable());
  const type = typeOf(head);
  if (type !== "pdf" && type !== "photo") return refuse(REFUSALS[type], type === "office");
  if (file.size > (type === "photo" ? PHOTO_MAX_BYTES : maxBytes)) return refuse(tooLarge(kind, maxBytes));
  const bytes = await bytesOf(file);
  if (!bytes) return refuse(unreadable());
  if (type === "pdf") return { bytes, photo: false };
  try {
    const pdf = await photoToPdf(bytes);
    return pdf.length > maxBytes ? refuse(tooLarge(kind, maxBytes)) : { bytes: pdf, photo: true };
  } catch (error) {
    if (!(error instanceof NotAPhoto)) throw error;
    return refuse("Cette photo ne se laisse pas lire. Prenez-la de nouveau, ou enregistrez la page au format PDF.");
  }
}

/** @param {Uint8Array} head @returns {string} */
function typeOf(head) {
  const text = String.fromCharCode(...head);
  const [, type] = SIGNATURES.find(([signature]) => signature.test(text)) || [null, "other"];
  return type;
}

/** @param {Blob} blob @returns {Promise<Uint8Array | null>} null: the system gives it no more */
function bytesOf(blob) {
  return blob.arrayBuffer().then((buffer) => new Uint8Array(buffer), () => null);
}

/** @param {string} kind @param {number} maxBytes */
function tooLarge(kind, maxBytes) {
  const { the, it } = words(kind);
  return `${capital(the)} dépasse ${size(maxBytes)}. Réduisez les images, enregistrez-${it} de nouveau en PDF, puis choisissez-${it}.`;
}

function unreadable() {
  return "Ce fichier ne se laisse pas lire. S’il est sur une clé ou en ligne, copiez-le sur l’ordinateur, puis choisissez-le de nouveau.";
}
