/** What is chosen becomes the document that leaves: a PDF written anew, or photos bound into one. A worker does it. */

import { capital, size, words } from "./french.js";

const MOST_BYTES = 60_000_000; // what leaves is smaller; beyond, the browser itself may give up
const HEAD_BYTES = 1024;
const PATIENCE_MS = 60_000;

/** @type {[RegExp, string][]} how files begin, as Latin-1 text; HEIC says its name after four bytes of length */
const SIGNATURES = [
  [/^\xff\xd8\xff|^\x89PNG\r\n\x1a\n/, "photo"],
  [/^.{4}ftyp(?:heic|heix|hevc|mif1|msf1|avif)/s, "heic"],
  [/^PK\x03\x04|^\xd0\xcf\x11\xe0|^\{\\rtf/, "office"],
  [/%PDF-\d/, "pdf"],
];
/** @type {Record<string, string>} */
const REFUSALS = {
  vanished: "Ce fichier ne se laisse pas lire. S’il est sur une clé ou en ligne, copiez-le sur l’ordinateur, puis choisissez-le de nouveau.",
  nothing: "Ce fichier est vide. Ouvrez-le pour vérifier, puis choisissez un autre fichier.",
  several: "Un seul PDF par case, ou plusieurs photos : elles deviennent un seul PDF.",
  heic: "Cette photo est au format HEIC, que peu d’ordinateurs lisent. Enregistrez-la au format JPEG, ou faites-en une capture d’écran, puis choisissez-la.",
  office: "Ce fichier n’est pas un PDF. S’il vient de Word ou de LibreOffice, suivez les trois étapes écrites dessous.",
  other: "Ce fichier n’est ni un PDF, ni une photo JPEG ou PNG. Ouvrez-le, enregistrez-le au format PDF, puis choisissez le PDF.",
  slow: "Ce document prend trop de temps à préparer. Ouvrez-le, imprimez-le « vers un PDF », puis choisissez ce nouveau PDF.",
  unloaded: "La préparation n’a pas pu commencer. Vérifiez votre connexion, puis choisissez le fichier de nouveau.",
};

/** @typedef {{bytes: Uint8Array<ArrayBuffer>, turns: number}} Photo a file, and its quarter turns, clockwise */
/**
 * @typedef {{bytes: Uint8Array<ArrayBuffer>, removed: string, before: number, photos: Photo[]}} Prepared the document that leaves; `removed`: a
 *   sentence saying what was taken out, or ""; `before`: bytes of what was chosen; `photos`: of which it was made
 * @typedef {{document: Uint8Array<ArrayBuffer>} | {photos: Photo[]}} Asked what the worker is given
 * @typedef {{bytes: Uint8Array<ArrayBuffer>, removed: string} | {refusal: string}} Answer what it says
 * @typedef {{refusal: string, office: boolean}} Refused a sentence saying what to do; `office`: it comes from a word processor
 */

/**
 * Read what was chosen. Once read, it no longer matters that the USB stick goes.
 * @param {File[]} files a PDF, or photos in their order @param {Photo[]} before photos that they follow
 * @param {{kind: string, maxBytes: number, rewriter: string}} how `rewriter`: the worker's address
 * @returns {Promise<Prepared | Refused>}
 */
export async function readDocument(files, before, how) {
  const read = [];
  for (const file of files) {
    if (file.size === 0) return refused("nothing");
    if (file.size > MOST_BYTES) return tooLarge(how);
    const bytes = await file.arrayBuffer().then((buffer) => new Uint8Array(buffer), () => null);
    if (!bytes) return refused("vanished");
    const type = typeOf(bytes.subarray(0, HEAD_BYTES));
    if (type !== "pdf" && type !== "photo") return refused(type);
    if (type === "pdf" && files.length + before.length > 1) return refused("several");
    read.push({ type, bytes, turns: 0 });
  }
  const [{ type, bytes }] = read;
  if (type === "photo") return bindPhotos([...before, ...read], how);
  return prepared({ document: bytes }, bytes.length, [], how);
}

/** Make one document of photos, in this order. @param {Photo[]} photos @param {Parameters<typeof readDocument>[2]} how */
export function bindPhotos(photos, how) {
  return prepared({ photos }, photos.reduce((sum, { bytes }) => sum + bytes.length, 0), photos, how);
}

/**
 * @param {Asked} asked @param {number} before bytes of what was chosen @param {Photo[]} photos @param {Parameters<typeof readDocument>[2]} how
 * @returns {Promise<Prepared | Refused>}
 */
async function prepared(asked, before, photos, how) {
  const made = await rewrite(asked, how.rewriter);
  if ("refusal" in made) return { refusal: made.refusal, office: false };
  return made.bytes.length > how.maxBytes ? tooLarge(how) : { ...made, before, photos };
}

/**
 * The page stays quick, and so does the visit: the worker's script is fetched when something is chosen, never before.
 * @param {Asked} asked @param {string} script
 * @returns {Promise<Answer>} in French
 */
function rewrite(asked, script) {
  return new Promise((resolve) => {
    const worker = new Worker(script);
    /** @param {Answer} answer */
    const end = (answer) => {
      clearTimeout(timer);
      worker.terminate();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ refusal: REFUSALS.slow }), PATIENCE_MS);
    worker.addEventListener("message", ({ data }) => end(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      end({ refusal: REFUSALS.unloaded });
    });
    worker.postMessage(asked);
  });
}

/** @param {Uint8Array<ArrayBuffer>} head @returns {string} */
function typeOf(head) {
  const text = String.fromCharCode(...head);
  const known = SIGNATURES.find(([signature]) => signature.test(text));
  return known ? known[1] : "other";
}

/** @param {string} code @returns {Refused} */
function refused(code) {
  return { refusal: REFUSALS[code], office: code === "office" };
}

/** @param {{kind: string, maxBytes: number}} how @returns {Refused} */
function tooLarge({ kind, maxBytes }) {
  const { the, it } = words(kind);
  return { refusal: `${capital(the)} dépasse ${size(maxBytes)}. Réduisez les images, enregistrez-${it} de nouveau en PDF, puis choisissez-${it}.`, office: false };
}
