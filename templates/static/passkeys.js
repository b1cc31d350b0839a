/** The passkeys of an account: making one, by the dialogue of the browser. */

import "./agent.js";
import { ask, known, sentenceOf, textOf } from "./credential.js";
import { byId, find, first, tellField } from "./dom.js";
import { callJson } from "./http.js";

const form = first(document, "form#ajout");

/** @param {string} name @returns {Promise<string>} the page that opens */
async function add(name) {
  const publicKey = await ask("/compte/cles/defi");
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  const answer = /** @type {AuthenticatorAttestationResponse} */ (credential.response);
  const { data } = await callJson("POST", "/compte/cles", {
    nom: name,
    client: textOf(answer.clientDataJSON),
    attestation: textOf(answer.attestationObject),
  });
  return data.vers;
}

/** @param {SubmitEvent} event */
async function press(event) {
  event.preventDefault();
  const button = find(/** @type {HTMLFormElement} */ (form), "button");
  tellField("nom-cle", "");
  button.disabled = true;
  try {
    location.assign(await add(byId("nom-cle", "input").value));
  } catch (refusal) {
    tellField("nom-cle", sentenceOf(refusal));
    byId("nom-cle").focus();
    button.disabled = false;
  }
}

if (form && known()) form.addEventListener("submit", press);
else if (form) {
  form.hidden = true;
  byId("sans-cle").hidden = false;
}
