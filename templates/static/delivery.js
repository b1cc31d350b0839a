/** The documents' way from this browser to the storage, and what becomes of them there. Knows nothing of the page. */

import { callJson, Refusal } from "./http.js";
import { sealDocument, toBase64 } from "./seal.js";
import { isReachable, upload } from "./transfer.js";

const FORM_MS = 280_000; // a form holds five minutes; a refused one may look like a cut line
const FOLLOW_MS = 300_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_000;
const UNDER_WAY = ["attendu", "recu", "verifie"];

/** @typedef {{kind: string, blob: Uint8Array<ArrayBuffer>, key: Uint8Array<ArrayBuffer>, sha256: string, arrived: boolean}} Paper one sealed document */
/**
 * @typedef {{notice: boolean, code: boolean, onCode: (digits: string) => void}} Said what the sender ticked: the notice is
 *   handed over, a code is to be given by telephone; `onCode` is told its digits
 * @typedef {{deposit: string, address: string, confirmed: boolean, shown: string, papers: Paper[], said: Said}} Parcel
 *   sealed documents and for whom they are: the same at every try, so that trying again is harmless
 * @typedef {{etat: string, envoi: string | null, documents: {kind: string, etat: string, message?: string}[]}} Progress
 */

/** @param {{kind: string, bytes: Uint8Array<ArrayBuffer>}[]} documents @param {string} address @param {Said} said @returns {Promise<Parcel>} */
export async function close(documents, address, said) {
  const deposit = drawId();
  const papers = [];
  for (const { kind, bytes } of documents) {
    papers.push({ kind, arrived: false, ...(await sealDocument(bytes, { deposit, kind })) });
  }
  return { deposit, address, confirmed: false, shown: "", papers, said };
}

/**
 * Announce the parcel and upload what has not arrived yet. A form that grew too old is asked for again.
 * @param {string} url where deposits are announced @param {Parcel} parcel
 * @param {(kind: string, share: number) => void} onProgress from 0 to 1
 * @throws {Refusal} with code `storage_blocked` and `told.host` when this network lets nothing through to the storage
 */
export async function deliver(url, parcel, onProgress) {
  let forms = await announce(url, parcel);
  let signed = Date.now();
  const renew = async () => {
    forms = await announce(url, parcel);
    signed = Date.now();
  };
  await probe(parcel, forms);
  for (const paper of parcel.papers.filter(({ arrived }) => !arrived)) {
    if (Date.now() - signed > FORM_MS) await renew(); // the one before took its time
    for (let tries = 1; !paper.arrived; tries += 1) {
      try {
        await upload(forms[paper.kind], paper.blob, (share) => onProgress(paper.kind, Math.min(share, 0.99)));
        paper.arrived = true;
      } catch (error) {
        const tooOld = error instanceof Refusal && (error.code === "Expired" || (error.status === 0 && Date.now() - signed > FORM_MS));
        if (!tooOld || tries > 1) throw error;
        await renew();
      }
    }
    onProgress(paper.kind, 1);
  }
}

/**
 * Deliver again after a cut: only what is missing, for an answer may have been lost on its way back.
 * @type {typeof deliver}
 */
export async function deliverAgain(url, parcel, onProgress) {
  const progress = await look(parcel.deposit);
  for (const { kind, etat } of progress?.documents || []) {
    const paper = parcel.papers.find((sealed) => sealed.kind === kind);
    if (!paper || etat === "attendu") continue;
    paper.arrived = true;
    onProgress(kind, 1);
  }
  if (progress && (isSettled(progress) || parcel.papers.every(({ arrived }) => arrived))) return;
  await deliver(url, parcel, onProgress);
}

/**
 * Ask until the matter is settled, or for five minutes.
 * @param {string} deposit @param {(progress: Progress | null) => void} tell null: the line is cut, for now
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
    } catch (error) {
      if (!(error instanceof Refusal) || !error.passing || error.status === 401) throw error;
      tell(null);
    }
    await new Promise((resume) => setTimeout(resume, wait));
  }
  return null;
}

/** Wipe what could open the documents. @param {Parcel} parcel */
export function forget(parcel) {
  for (const paper of parcel.papers) {
    paper.key.fill(0);
    paper.blob = new Uint8Array(0);
  }
}

/** @param {string} url @param {Parcel} parcel @returns {Promise<Record<string, {url: string, fields: Record<string, string>}>>} by kind */
async function announce(url, parcel) {
  /** @type {{data: {code?: string, documents?: {kind: string, form: {url: string, fields: Record<string, string>}}[]} | null}} */
  const { data } = await callJson("POST", url, {
    deposit: parcel.deposit,
    destinataire: parcel.address,
    ...(parcel.confirmed ? { confirme: true, vus: parcel.shown } : {}),
    ...(parcel.said.notice ? { notice: true } : {}),
    ...(parcel.said.code ? { code: true } : {}),
    documents: parcel.papers.map(({ kind, blob, sha256, key }) => ({ kind, bytes: blob.length, sha256, key: toBase64(key) })),
  });
  if (data?.code) parcel.said.onCode(data.code);
  const forms = Object.fromEntries((data?.documents || []).map(({ kind, form }) => [kind, form]));
  if (!parcel.papers.every(({ kind }) => forms[kind])) throw new Refusal({ status: 502 });
  return forms;
}

/** See whether the storage can be reached at all, when our own site can. @param {Parcel} parcel @param {Record<string, {url: string}>} forms */
async function probe(parcel, forms) {
  const { origin, host } = new URL(forms[parcel.papers[0].kind].url);
  if (await isReachable(origin)) return;
  await look(parcel.deposit); // a cut line is told as one
  if (await isReachable(origin)) return;
  throw new Refusal({ status: 0, code: "storage_blocked", told: { host } });
}

/** @param {string} deposit @returns {Promise<Progress | null>} null: not even the announcement came through */
async function look(deposit) {
  try {
    return (await callJson("GET", `/depots/${deposit}`)).data;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

/** @param {Progress} progress */
function isSettled({ etat, envoi }) {
  return !UNDER_WAY.includes(etat) || envoi === "echoue";
}

/** @returns {string} a UUIDv4 of 120 random bits; browsers of 2021 do not all have crypto.randomUUID */
function drawId() {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(15)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{3})(.{3})/, "$1-$2-4$3-8$4-");
}
