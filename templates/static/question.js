/** The question that stops robots: to which address was the message sent? Asked before opening, and before asking again. */

import { byId, once, tellField } from "./dom.js";
import { callJson } from "./http.js";

/**
 * Listen to the form of the question.
 * @param {string} token
 * @param {{onRight: () => void | Promise<void>, onDead: () => void, onBlocked: () => void}} then `onDead`: nothing can be
 *   answered here; `onBlocked`: this browser refuses cookies
 */
export function ask(token, then) {
  once(byId("preuve-form"), "submit", async () => {
    const address = byId("adresse").value.trim();
    if (!/^\S+@\S+\.\S+$/.test(address)) {
      fails("Écrivez l’adresse entière, comme nom@entreprise.fr.");
      return;
    }
    try {
      await callJson("POST", "/retrait/preuve", { token, adresse: address });
    } catch (refusal) {
      const left = refusal.told.restants;
      const counted = Number.isInteger(left) && !/essai/.test(refusal.message) ? ` Encore ${left} essai${left > 1 ? "s" : ""}.` : "";
      if (refusal.code === "cookies_blocked") then.onBlocked();
      else if (refusal.status === 410) then.onDead();
      else fails(refusal.message + counted);
      return;
    }
    await then.onRight();
  });
}

/** @param {string} message what was typed stays */
export function fails(message) {
  tellField("adresse", message);
  byId("adresse").focus();
}
