/** A document's way from this browser to the storage, and what becomes of it there. Knows nothing of the page. */

import { callJson, Refusal } from "./http.js";
import { sealDocument, toBase64 } from "./seal.js";
import { upload } from "./transfer.js";

const FORM_MS = 280_000; // a form holds five minutes; a refused one may look like a cut line
const FOLLOW_MS = 300_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_000;
const UNDER_WAY = ["attendu", "recu", "verifie"];

/**
 * @typedef {{deposit: string, kind: string, address: string, blob: Uint8Array, key: Uint8Array, sha256: string}} Parcel
 *   one sealed document and for whom it is: the same at every try, so that trying again is harmless
 * @typedef {{etat: string, envoi: string | null, documents: {kind: string, etat: string, message?: string}[]}} Progress
 */

/**
 * @param {Uint8Array} bytes @param {{kind: string, address: string}} choice
 * @returns {Promise<Parcel>}
 */
export async function close(bytes, { kind, address }) {
  const deposit = drawId();
  return { deposit, kind, address, ...(await sealDocument(bytes, { deposit, kind })) };
}

/**
 * Announce the parcel and upload it; a form that grew too old is asked for again, once.
 * @param {string} url where deposits are announced @param {Parcel} parcel @param {(share: number) => void} onProgress
 * @throws {Refusal}
 */
export async function deliver(url, parcel, onProgress) {
  for (let tries = 1; ; tries += 1) {
    const form = await announce(url, parcel);
    const signed = Date.now();
    try {
      await upload(form, parcel.blob, onProgress);
      return;
    } catch (refusal) {
      const tooOld = refusal.code === "Expired" || (refusal.status === 0 && Date.now() - signed > FORM_MS);
      if (!tooOld || tries > 1) throw refusal;
    }
  }
}

/**
 * Deliver again after a cut, unless the parcel had arrived and only the answer was lost.
 * @param {string} url @param {Parcel} parcel @param {(share: number) => void} onProgress
 * @throws {Refusal}
 */
export async function deliverAgain(url, parcel, onProgress) {
  if (!(await hasArrived(parcel.deposit))) await deliver(url, parcel, onProgress);
}

/**
 * Ask until the matter is settled, or for five minutes.
 * @param {string} deposit @param {(progress: Progress | null, at: Date) => void} tell null: the line is cut, for now
 * @returns {Promise<{progress: Progress, at: Date, seen: boolean} | null>} `seen`: it happened just before `at`
 * @throws {Refusal} when asking again is of no use
 */
export async function follow(deposit, tell) {
  const end = Date.now() + FOLLOW_MS;
  let last = Date.now();
  for (let wait = FIRST_WAIT_MS; Date.now() < end; wait = Math.min(wait * 1.2, LONGEST_WAIT_MS)) {
    try {
      const { data: progress, at } = await callJson("GET", `/depots/${deposit}`);
      if (isSettled(progress)) return { progress, at, seen: Date.now() - last < 30_000 };
      last = Date.now();
      tell(progress);
    } catch (refusal) {
      if (!refusal.passing || refusal.status === 401) throw refusal;
      tell(null);
    }
    await new Promise((resume) => setTimeout(resume, wait));
  }
  return null;
}

/** Wipe what could open the document. @param {Parcel} parcel */
export function forget(parcel) {
  parcel.key.fill(0);
  parcel.blob = new Uint8Array(0);
}

/** @param {string} url @param {Parcel} parcel @returns {Promise<{url: string, fields: Record<string, string>}>} */
async function announce(url, parcel) {
  const { data } = await callJson("POST", url, {
    deposit: parcel.deposit,
    destinataire: parcel.address,
    documents: [
      { kind: parcel.kind, bytes: parcel.blob.length, sha256: parcel.sha256, key: toBase64(parcel.key) },
    ],
  });
  const announced = ((data && data.documents) || []).find(({ kind }) => kind === parcel.kind);
  if (!announced) throw new Refusal({ status: 502 });
  return announced.form;
}

/** @param {string} deposit @returns {Promise<boolean>} */
async function hasArrived(deposit) {
  try {
    const { data } = await callJson("GET", `/depots/${deposit}`);
    return data.etat !== "attendu";
  } catch (refusal) {
    if (refusal.status === 404) return false; // not even the announcement came through
    throw refusal;
  }
}

/** @param {Progress} progress */
function isSettled({ etat, envoi }) {
  return !UNDER_WAY.includes(etat) || envoi === "echoue";
}

/** @returns {string} a UUIDv4; browsers of 2021 do not all have crypto.randomUUID */
function drawId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
