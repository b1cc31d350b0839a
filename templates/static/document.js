/** What can be told of a document before anything leaves: is it a PDF, and is it small enough. */

import { capital, size, words } from "./french.js";

const SIGNATURE = "%PDF-";

/**
 * Read a chosen file. Once read, it no longer matters that the USB stick goes.
 * @param {File} file @param {{kind: string, maxBytes: number}} limits
 * @returns {Promise<{bytes: Uint8Array} | {refusal: string}>} the bytes, or a sentence saying what to do
 */
export async function readDocument(file, { kind, maxBytes }) {
  const { the, it } = words(kind);
  if (file.size === 0) {
    return { refusal: `Ce fichier est vide. Ouvrez-le pour vérifier, puis choisissez un autre fichier.` };
  }
  if (file.size > maxBytes) {
    return {
      refusal: `${capital(the)} dépasse ${size(maxBytes)}. Réduisez les images, enregistrez-${it} de nouveau en PDF, puis choisissez-${it}.`,
    };
  }
  const bytes = await file.arrayBuffer().then((buffer) => new Uint8Array(buffer), () => null);
  if (!bytes) {
    return { refusal: "Ce fichier ne se laisse pas lire. S’il est sur une clé ou en ligne, copiez-le sur l’ordinateur, puis choisissez-le de nouveau." };
  }
  if (String.fromCharCode(...bytes.subarray(0, SIGNATURE.length)) !== SIGNATURE) {
    return { refusal: "Ce fichier n’est pas un PDF. Ouvrez-le, enregistrez-le au format PDF, puis choisissez le PDF." };
  }
  return { bytes };
}
