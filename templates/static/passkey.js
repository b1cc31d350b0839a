/** Signing in with a passkey: one press, then the gesture that the device asks for. */

import { ask, known, sentenceOf, textOf } from "./credential.js";
import { byId } from "./dom.js";
import { callJson } from "./http.js";

const place = byId("cle");
const button = byId("cle-bouton", "button");

/** @returns {Promise<string>} the page that opens */
async function signIn() {
  const publicKey = await ask("/connexion/cle/defi");
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
  const answer = /** @type {AuthenticatorAssertionResponse} */ (credential.response);
  const { data } = await callJson("POST", "/connexion/cle", {
    id: credential.id,
    compte: new TextDecoder().decode(answer.userHandle || new ArrayBuffer(0)),
    client: textOf(answer.clientDataJSON),
    authentificateur: textOf(answer.authenticatorData),
    signature: textOf(answer.signature),
    vers: place.dataset.vers || "",
  });
  return data.vers;
}

async function press() {
  const error = byId("cle-erreur");
  error.hidden = true;
  button.disabled = true;
  try {
    location.assign(await signIn());
  } catch (refusal) {
    error.textContent = sentenceOf(refusal);
    error.hidden = false;
    button.disabled = false;
  }
}

place.hidden = !known();
button.addEventListener("click", press);
