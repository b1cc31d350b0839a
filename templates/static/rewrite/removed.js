/** What a document held that is not written again: codes, which the page puts into words. */

import { Stream, fromLatin } from "./values.js";

const ACTIONS = ["Launch", "SubmitForm", "ResetForm", "ImportData", "GoToR", "GoToE", "Hide", "SetOCGState", "Rendition", "Movie", "Sound", "RichMediaExecute", "GoTo3DView", "Trans"];
const FILMS = ["Movie", "Sound", "Screen", "RichMedia", "3D"];
const DEEPEST = 12;

/** @param {import("./source.js").Source} source @param {Uint8Array<ArrayBuffer>} bytes the document as it was chosen @returns {Set<string>} */
export function removedFrom(source, bytes) {
  /** @type {Set<string>} */
  const removed = new Set();
  const author = source.get(source.dictionary(source.trailer.get("Info")).get("Author"));
  if (author instanceof Uint8Array && author.length) removed.add("author");
  const form = source.dictionary(source.dictionary(source.trailer.get("Root")).get("AcroForm"));
  if (source.array(form.get("Fields")).length) removed.add("form");
  for (const value of source.all()) look(source, value, removed, 0);
  if (revisions(bytes) > 1) removed.add("revisions");
  return removed;
}

/** @param {import("./source.js").Source} source @param {import("./values.js").Value} value @param {Set<string>} removed @param {number} depth */
function look(source, value, removed, depth) {
  if (depth > DEEPEST) return;
  const dictionary = value instanceof Stream ? value.dictionary : value;
  if (Array.isArray(dictionary)) dictionary.forEach((item) => look(source, item, removed, depth + 1));
  if (!(dictionary instanceof Map)) return;
  const [action, subtype] = [source.name(dictionary.get("S")), source.name(dictionary.get("Subtype"))];
  if (dictionary.has("JS") || action === "JavaScript") removed.add("script");
  else if (ACTIONS.includes(action)) removed.add("action");
  if (dictionary.has("EF") || subtype === "FileAttachment") removed.add("attachment");
  if (dictionary.has("Rect") && ["Text", "Popup"].includes(subtype)) removed.add("comments");
  if (dictionary.has("Rect") && FILMS.includes(subtype)) removed.add("film");
  const turns = source.get(dictionary.get("Rotate"));
  if ((typeof turns === "number" && turns % 90) || dictionary.has("Usage") || dictionary.has("VE") || ["AllOn", "AnyOff", "AllOff"].includes(source.name(dictionary.get("P"))) || transfers(source, dictionary)) removed.add("unlike");
  if (source.name(dictionary.get("FT")) === "Sig" && dictionary.has("V")) removed.add("signature");
  for (const item of dictionary.values()) look(source, item, removed, depth + 1);
}

/** @param {import("./source.js").Source} source @param {import("./values.js").Dictionary} dictionary @returns {boolean} whether it changes colours at the end, as few viewers do */
function transfers(source, dictionary) {
  return ["TR", "TR2"].some((key) => dictionary.has(key) && !["Identity", "Default"].includes(source.name(dictionary.get(key))));
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {number} how often objects were saved; a document that opens page by page is in two parts, and Word adds a second table
 */
function revisions(bytes) {
  const parts = fromLatin(bytes).split("%%EOF").filter((part) => part.includes("endobj") && !part.includes("/XRefStm"));
  return parts.length - (parts.length && /\/Linearized\b/.test(parts[0].slice(0, 1024)) ? 1 : 0);
}
