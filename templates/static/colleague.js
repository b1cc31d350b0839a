/** The right colleague: in the place of the first recipient, or beside; and the buyer who passes the link on to the company. */

import { act } from "./act.js";
import { byId, checked, copy, find, once, tell, tellField } from "./dom.js";

/** @type {Record<string, string>} */
const WANTED = {
  nom: "Écrivez le prénom et le nom de cette personne.",
  adresse: "Écrivez l’adresse entière, comme nom@entreprise.fr.",
};
const LOOKS_WHOLE = /^\S+@\S+\.\S+$/;

/** « Qui doit recevoir ? »: until the link is opened it passes on, afterwards a second one leaves. @param {import("./act.js").Host} host @param {"remplace" | "aussi"} mode */
export function addColleague(host, mode) {
  const remplace = mode === "remplace";
  const acte = remplace ? "Passer le lien à cette personne" : "Envoyer aussi à cette personne";
  host.place.append(copy("t-recevoir", { remplace, aussi: !remplace, acte }));
  const folded = byId("collegue-form").closest("details");
  if (folded) folded.open = host.view.acheteuse && !host.view.contacts?.length; // the buyer has nobody to choose
  /** @param {string} field */
  const typed = (field) => byId(`collegue-${field}`, "input").value.trim();
  once(byId("collegue-form"), "submit", async () => {
    const faults = Object.keys(WANTED).filter((field) => (field === "adresse" ? !LOOKS_WHOLE.test(typed(field)) : !typed(field)));
    for (const field of Object.keys(WANTED)) tellField(`collegue-${field}`, faults.includes(field) ? WANTED[field] : "");
    if (faults.length) {
      byId(`collegue-${faults[0]}`).focus();
      return;
    }
    const body = { nom: typed("nom"), adresse: typed("adresse"), mode };
    await act(host, "transmission", body, refused, remplace ? host.reload : undefined);
  });
}

/** @param {string} message @param {import("./http.js").Refusal | null} refusal */
function refused(message, refusal) {
  tell("collegue-refus", "");
  if (!refusal) return;
  if (!WANTED[refusal.field]) {
    tell("collegue-refus", message);
    return;
  }
  tellField(`collegue-${refusal.field}`, message);
  byId(`collegue-${refusal.field}`).focus();
}

/** The buyer, to one of the contacts whom the sealer was shown. @param {import("./act.js").Host} host */
export function addPassing(host) {
  const contacts = host.view.contacts || [];
  if (!contacts.length) return;
  host.place.append(copy("t-passer", {}));
  for (const [place, { nom, role_label: role, indice }] of contacts.entries()) {
    const part = copy("t-contact", { nom, role, indice });
    find(part, "input").value = String(place);
    byId("contacts").append(part);
  }
  once(byId("passer-form"), "submit", async () => {
    const chosen = checked(byId("passer-form"));
    tellField("contact", chosen ? "" : "Choisissez à qui passer le lien.");
    if (!chosen) {
      find(byId("passer-form"), "input").focus();
      return;
    }
    const contact = Number(chosen.value);
    const body = { mode: "remplace", contact, indice: contacts[contact].indice };
    await act(host, "transmission", body, (message) => tell("passer-refus", message), host.reload);
  });
}

/**
 * She was asked for, or has a second link; a link that was passed on has a page of its own.
 * @param {import("./act.js").Host} host @param {import("./retrieve.js").Colleague} colleague
 */
export function tellColleague(host, { etat, nom: qui, indice }) {
  const { nom } = host.view.expediteur;
  const waits = etat === "a_accorder";
  const whom = qui ? `${qui} (${indice})` : "cette personne";
  const title = waits ? "Votre demande est partie" : "Un second lien est parti";
  const text = waits
    ? `Vous demandez que le lien aille à ${whom}. ${nom} n’avait pas vu cette adresse en envoyant, et doit d’abord être d’accord. Le lien part ensuite, sans autre geste de votre part.`
    : `Vous avez aussi envoyé le lien à ${whom}. Un message lui arrive, avec un lien qui s’ouvre dans un seul navigateur. Le vôtre reste comme il était.`;
  const part = copy("t-collegue", { texte: text });
  find(part, ".titre").textContent = title;
  host.place.append(part);
}
