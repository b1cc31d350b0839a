/**
 * The sealed blob, as chalicelib/seal.py makes and reads it: version (1 byte, always 1), nonce (12), AES-256-GCM
 * ciphertext, tag (16); the additional data is "<deposit id>/<kind>". Runs in browsers and in node alike.
 */

const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BITS = 128;
const CIPHERTEXT_AT = 1 + NONCE_BYTES;
const OVERHEAD = CIPHERTEXT_AT + TAG_BITS / 8;

/** The blob, its key or its name is not what was sealed. Which of them is never told. */
export class NotAuthentic extends Error {}

/** @returns {boolean} whether this browser, on this page, can seal and open at all */
export function canSeal() {
  return Boolean(globalThis.isSecureContext !== false && globalThis.crypto?.subtle);
}

/**
 * Seal a document under a fresh key.
 * @param {Uint8Array<ArrayBuffer>} bytes the document
 * @param {{deposit: string, kind: string}} name what the blob will be bound to
 * @returns {Promise<{blob: Uint8Array<ArrayBuffer>, key: Uint8Array<ArrayBuffer>, sha256: string}>} the blob, its 32-byte key, and the blob's
 *   SHA-256 in base64
 */
export async function sealDocument(bytes, { deposit, kind }) {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const blob = await sealWith(bytes, { key, nonce, aad: `${deposit}/${kind}` });
  return { blob, key, sha256: await hashOf(blob) };
}

/**
 * Seal with a given key and nonce, which must never serve twice: for sealDocument, and for the shared vectors.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {{key: Uint8Array<ArrayBuffer>, nonce: Uint8Array<ArrayBuffer>, aad: string}} how
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function sealWith(bytes, { key, nonce, aad }) {
  const ciphertext = await crypto.subtle.encrypt(algorithm(nonce, aad), await imported(key, "encrypt"), bytes);
  const blob = new Uint8Array(OVERHEAD + bytes.length);
  blob[0] = VERSION;
  blob.set(nonce, 1);
  blob.set(new Uint8Array(ciphertext), CIPHERTEXT_AT);
  return blob;
}

/**
 * Whether these are the very bytes that were sealed and inspected: others may be sealed under the same key.
 * @param {Uint8Array<ArrayBuffer>} blob @param {string} sha256 in base64
 * @returns {Promise<boolean>}
 */
export async function isTheBlob(blob, sha256) {
  return (await hashOf(blob)) === sha256;
}

/**
 * Open a sealed document.
 * @param {Uint8Array<ArrayBuffer>} blob
 * @param {Uint8Array<ArrayBuffer>} key 32 bytes
 * @param {string} aad "<deposit id>/<kind>"
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the document
 * @throws {NotAuthentic}
 */
export async function openDocument(blob, key, aad) {
  if (key.length !== KEY_BYTES || blob.length < OVERHEAD || blob[0] !== VERSION) throw new NotAuthentic();
  const opener = await imported(key, "decrypt");
  try {
    const how = algorithm(blob.subarray(1, CIPHERTEXT_AT), aad);
    return new Uint8Array(await crypto.subtle.decrypt(how, opener, blob.subarray(CIPHERTEXT_AT)));
  } catch {
    throw new NotAuthentic();
  }
}

/** @param {Uint8Array<ArrayBuffer>} blob @returns {Promise<string>} its SHA-256 in base64 */
async function hashOf(blob) {
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", blob)));
}

/** @param {Uint8Array<ArrayBuffer>} bytes a few of them: they pass as arguments @returns {string} */
export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} @throws {Error} when it is not base64 */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** @param {Uint8Array<ArrayBuffer>} nonce @param {string} aad */
function algorithm(nonce, aad) {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(aad), tagLength: TAG_BITS };
}

/** @param {Uint8Array<ArrayBuffer>} key @param {"encrypt" | "decrypt"} use @returns {Promise<CryptoKey>} */
function imported(key, use) {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
}
