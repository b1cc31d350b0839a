/** Bytes to and from the storage, with their progress, and given up when nothing moves any more. */

import { Refusal } from "./http.js";

const STALLED_MS = 45_000; // a slow line is no cut one: only silence counts
const PROBE_MS = 15_000; // some networks drop what they forbid without a word

/**
 * What the storage refuses for good: the document is not as it was announced. Anything else may pass at another try.
 * @type {Record<string, string>}
 */
const AS_ANNOUNCED = {
  EntityTooLarge: "Le fichier est arrivé plus lourd que prévu et a été refusé. Choisissez-le de nouveau.",
  EntityTooSmall: "Le fichier est arrivé vide ou incomplet et a été refusé. Choisissez-le de nouveau.",
};
const REFUSED = "L’envoi a été refusé en route. Reprenez-le dans une minute.";

/**
 * @param {{url: string, fields: Record<string, string>}} form signed by the server
 * @param {Uint8Array<ArrayBuffer>} blob
 * @param {(share: number) => void} onProgress from 0 to 1
 * @throws {Refusal} in French, the storage's own English `code` beside
 */
export async function upload(form, blob, onProgress) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", new Blob([blob], { type: "application/octet-stream" })); // the storage ignores what follows it
  const { status, response } = await transfer("POST", form.url, { body, onProgress, wants: "text" });
  if (status >= 200 && status < 300) return;
  const code = storageCode(response);
  if (AS_ANNOUNCED[code]) throw new Refusal({ status: 422, code, message: AS_ANNOUNCED[code], field: "documents" });
  throw new Refusal({ status: 503, code, message: REFUSED });
}

/**
 * @param {string} url signed by the server
 * @param {(share: number) => void} onProgress from 0 to 1
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {Refusal}
 */
export async function download(url, onProgress) {
  const { status, response } = await transfer("GET", url, { onProgress, wants: "arraybuffer" });
  if (status !== 200) throw new Refusal({ status });
  return new Uint8Array(response);
}

/**
 * Whether anything at all answers there. A refusal is an answer, and carries no CORS header: it must not be asked for.
 * @param {string} origin @returns {Promise<boolean>}
 */
export async function isReachable(origin) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PROBE_MS);
  try {
    await fetch(`${origin}/`, { mode: "no-cors", credentials: "omit", cache: "no-store", signal: patience.signal });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {"GET" | "POST"} method @param {string} url
 * @param {{body?: FormData, onProgress: (share: number) => void, wants: "text" | "arraybuffer"}} how
 * @returns {Promise<{status: number, response: any}>}
 */
function transfer(method, url, { body, onProgress, wants }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells nothing of what it sends; this one sends no cookie elsewhere
    const moving = body ? request.upload : request;
    let silence = 0;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), STALLED_MS);
    };
    moving.addEventListener("progress", (event) => {
      heard();
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    });
    const cut = () => reject(new Refusal({ status: 0 }));
    request.addEventListener("error", cut);
    request.addEventListener("abort", cut);
    request.addEventListener("load", () => resolve({ status: request.status, response: request.response }));
    request.addEventListener("loadend", () => clearTimeout(silence));
    request.open(method, url);
    request.responseType = wants;
    heard();
    request.send(body);
  });
}

/** @param {string} xml the storage's answer, in English @returns {string} its code, « Expired » for a form too old */
function storageCode(xml) {
  const [, code = ""] = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(xml) || [];
  const tooOld = code === "ExpiredToken" || (code === "AccessDenied" && /expired/i.test(xml));
  return tooOld ? "Expired" : code;
}
