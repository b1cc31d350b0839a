/** What pages and a browser's WebAuthn say to each other: bytes are base64url on our side, buffers on the browser's. */

import { callJson } from "./http.js";

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

/** @param {ArrayBuffer} buffer @returns {string} base64url */
export const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Whether this browser has passkeys at all. */
export const known = () => Boolean(window.PublicKeyCredential);

/** @param {string} path which gives a challenge @returns {Promise<any>} what the browser is asked for */
export async function ask(path) {
  const { data } = await callJson("POST", path, {});
  const others = (data.excludeCredentials || []).map((/** @type {any} */ other) => ({ ...other, id: bytesOf(other.id) }));
  return {
    ...data,
    challenge: bytesOf(data.challenge),
    ...(data.user && { user: { ...data.user, id: bytesOf(data.user.id) }, excludeCredentials: others }),
  };
}

/** @param {unknown} error @returns {string} a sentence for who pressed */
export function sentenceOf(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "Rien n’a été fait : la demande de l’appareil a été fermée, ou a trop attendu. Recommencez.";
  if (name === "InvalidStateError") return "Cet appareil a déjà une clé d’accès pour votre compte.";
  return name === "Error" && error instanceof Error ? error.message : "L’appareil n’a pas pu répondre. Recommencez, ou prenez un autre appareil.";
}
