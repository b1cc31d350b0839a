/** What can be told of a document before anything leaves: is it a PDF or a photo, and is it small enough. */

import { capital, size, words } from "./french.js";
import { NotAPhoto, photoToPdf } from "./photo.js";
import { rewrite } from "./rewriting.js";

const MOST_BYTES = 60_000_000; // what leaves is smaller; beyond, the browser itself may give up
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

/** Why the worker made no document of it. */
const UNWRITABLE = {
  password: "Ce PDF est protégé par un mot de passe. Ouvrez-le, enregistrez-le sans mot de passe, puis choisissez-le de nouveau.",
  broken: "Ce PDF est abîmé. Ouvrez-le, imprimez-le « vers un PDF », puis choisissez ce nouveau PDF.",
  pages: "Ce PDF compte plus de 30 pages. Gardez les pages utiles, puis choisissez-le de nouveau.",
  empty: "Rien ne se voit dans ce PDF. Ouvrez-le pour vérifier, puis choisissez un autre fichier.",
  heavy: "Ce PDF est trop lourd à préparer. Ouvrez-le, imprimez-le « vers un PDF », puis choisissez ce nouveau PDF.",
  slow: "Ce PDF prend trop de temps à préparer. Ouvrez-le, imprimez-le « vers un PDF », puis choisissez ce nouveau PDF.",
  unloaded: "La préparation n’a pas pu commencer. Vérifiez votre connexion, puis choisissez le fichier de nouveau. Si cela continue, prenez une version récente de Firefox, Chrome, Edge ou Safari.",
};

/**
 * Read a chosen file and write it anew; a photo becomes a PDF. Once read, it no longer matters that the USB stick goes.
 * @param {File} file @param {{kind: string, maxBytes: number, rewriter: string}} how `rewriter`: the worker's address
 * @returns {Promise<{bytes: Uint8Array, photo: boolean} | {refusal: string, office: boolean}>} the PDF, or a sentence
 *   saying what to do; `office`: it comes from a word processor
 */
export async function readDocument(file, { kind, maxBytes, rewriter }) {
  const refuse = (refusal, office = false) => ({ refusal, office });
  if (file.size === 0) return refuse("Ce fichier est vide. Ouvrez-le pour vérifier, puis choisissez un autre fichier.");
  const head = await bytesOf(file.slice(0, HEAD_BYTES));
  if (!head) return refuse(unreadable());
  const type = typeOf(head);
  if (type !== "pdf" && type !== "photo") return refuse(REFUSALS[type], type === "office");
  if (file.size > MOST_BYTES) return refuse(tooLarge(kind, maxBytes));
  const bytes = await bytesOf(file);
  if (!bytes) return refuse(unreadable());
  try {
    const pdf = type === "photo" ? await photoToPdf(bytes) : bytes;
    const made = await rewrite(rewriter, { bytes: pdf });
    if (made.refusal) return refuse(UNWRITABLE[made.refusal]);
    return made.bytes.length > maxBytes ? refuse(tooLarge(kind, maxBytes)) : { ...made, photo: type === "photo" };
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
