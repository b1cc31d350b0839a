/** The question that stops robots: to which address was the message sent, or which code was given by telephone? */

import { all, byId, fill, find, first, once, tellField } from "./dom.js";
import { callJson, refusalOf } from "./http.js";

const ASKED = {
  adresse: {
    field: "adresse",
    right: /^[^@]+(@.*)?$/,
    wanted: "Écrivez ce qui est avant « @ », comme prenom.nom.",
  },
  code: {
    field: "chiffres",
    right: /^[0-9]{6}$/,
    wanted: "Écrivez les six chiffres qu’on vous a donnés par téléphone.",
  },
};

/**
 * Listen to the form of the question, of which the other half is taken away.
 * @param {string} token @param {import("./retrieve.js").View} view
 * @param {{isReady?: () => boolean, onRight: () => void | Promise<void>, onAside?: () => void | Promise<void>, onWithout?: () => void | Promise<void>,
 *   onDead: () => void, onBlocked: () => void}} then
 *   `isReady`: whether what else the form asks is answered; `onAside`: answered by the second button, if there is one; `onWithout`: asked for a new sending, for want of the code;
 *   `onDead`: nothing can be answered here; `onBlocked`: this browser refuses cookies
 */
export function ask(token, view, then) {
  const { preuve: how, indice: hint, appeler: number } = view;
  for (const part of all(byId("scene"), "[data-preuve]")) if (part.dataset.preuve !== how) part.remove();
  fill(find(document, "#preuve-form").parentElement || document, {
    debut: hint.slice(0, 1), domaine: hint.slice(hint.indexOf("@")), nom: view.expediteur.nom,
    appeler: number, ecrire: !number, sans_code: Boolean(then.onWithout), demande: view.demande,
  });
  first(document, "a[data-t=appeler]")?.setAttribute("href", `tel:${number.replace(/[^+0-9]/g, "")}`);
  const { isReady = () => true, onRight, onAside, onWithout } = then;
  once(byId("preuve-form"), "submit", async () => {
    if (isReady()) await prove(token, how, then, onRight);
  });
  const aside = first(document, "#seulement");
  if (aside && onAside) once(aside, "click", () => prove(token, how, then, onAside));
  else if (aside) aside.parentElement?.remove();
  const without = first(document, "#sans-code");
  if (without && onWithout) once(without, "click", onWithout);
  else without?.parentElement?.remove();
}

/** @param {string} token @param {"adresse" | "code"} how @param {Parameters<typeof ask>[2]} then @param {() => void | Promise<void>} onRight */
async function prove(token, how, then, onRight) {
  const { field, right, wanted } = ASKED[how];
  const answer = byId(field, "input").value.replace(/\s/g, "");
  if (!right.test(answer)) {
    fails(wanted);
    return;
  }
  try {
    await callJson("POST", "/retrait/preuve", { token, [how]: answer });
  } catch (error) {
    const refusal = refusalOf(error);
    const left = refusal.told.restants;
    const counted = Number.isInteger(left) && !/essai/.test(refusal.message) ? ` Encore ${left} essai${left > 1 ? "s" : ""}.` : "";
    if (refusal.code === "cookies_blocked") then.onBlocked();
    else if (refusal.status === 410) then.onDead();
    else fails(refusal.message + counted);
    return;
  }
  await onRight();
}

/** @param {string} message what was typed stays */
export function fails(message) {
  const field = first(document, "#chiffres") ? "chiffres" : "adresse";
  tellField(field, message);
  byId(field).focus();
}
