/** The sending page: to whom, which documents, a last look. trip.js shows the rest. */

import "./agent.js";
import { close } from "./delivery.js";
import { byId, fill, goTo, nameTab, once, tell, tellField } from "./dom.js";
import { KINDS, capital, ofDocuments, theDocuments, together, typeset } from "./french.js";
import { Picker, READING } from "./picker.js";
import { canSeal } from "./seal.js";
import { resume, travel } from "./trip.js";

const form = byId("choix");
const TITLE = "Envoyer le CV et la lettre";
const NONE = "Choisissez le CV, la lettre, ou les deux.";
const DOUBTS = {
  free_mail: "C’est une messagerie grand public : n’importe qui peut y prendre une adresse.",
  other_domain: "Aucune adresse connue pour ce parcours ne finit ainsi.",
  look_alike: "Elle ressemble à une adresse connue, à quelques lettres près.",
  undeclared: "Elle n’était pas dans la fiche quand l’offre a été déclarée. Vérifiez-la par téléphone.",
};
const STORED = "adresses-confirmees";
const MOST_STORED = 100;

/** @type {Picker[]} */
let pickers = [];
let asked = ""; // what the doubt that is shown is called: a confirmation repeats it

/** @returns {Picker[]} those that hold a document */
const filled = () => pickers.filter(({ chosen }) => chosen);

/** @returns {string[]} */
const kinds = () => filled().map(({ kind }) => kind);

/** @returns {boolean} whether a chosen file is not read yet: nothing leaves meanwhile */
const isReading = () => pickers.some(({ reading }) => reading);

/** @returns {HTMLInputElement | null} the buyer's card, when the link goes by her */
const byBuyer = () => form.querySelector("[name=chemin]:checked:not([value=''])");

/** @returns {boolean} whether the young person has the notice, as far as this page knows */
const hasNotice = () => !byId("notice") || byId("notice").checked;

/** @returns {{address: string, name: string, origin: string, local: string, domain: string} | null} */
function recipient() {
  const card = byBuyer() || form.querySelector("[name=destinataire]:checked");
  if (!card) return null;
  const address = card.id === "autre" ? byId("adresse").value.trim() : card.value;
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  if (at < 1 || /[\s,;<>"]/.test(address) || !/^[^.].*\.[^.]+$/.test(domain)) return null;
  const known = [...form.querySelectorAll("[data-name]")].find(({ value }) => value.toLowerCase() === address.toLowerCase());
  return { address, name: card.dataset.name || "", origin: (known || card).dataset.origin, local, domain };
}

/** Make the page tell what is chosen, and what is missing. */
function refresh() {
  const to = recipient();
  byId("qui-champ").hidden = Boolean(byBuyer());
  byId("autre-bloc").hidden = Boolean(byBuyer()) || !byId("autre").checked;
  byId("envoyer").textContent = kinds().length ? `Envoyer ${theDocuments(kinds())}` : "Envoyer";
  const missing = [!to && "à qui envoyer", !kinds().length && "le CV, la lettre, ou les deux"];
  const chosen = !missing.some(Boolean);
  if (!hasNotice()) missing.push("la notice à remettre au jeune");
  const left = missing.filter(Boolean).join(", et ");
  const leaves = kinds().length > 1 ? "partent" : "part";
  byId("dernier-titre").textContent = isReading() ? "Un instant" : left ? (chosen ? "Il reste la notice" : "Il reste à choisir") : `${capital(theDocuments(kinds()))} ${leaves} vers ${to.domain}`;
  byId("reste").textContent = isReading() ? READING : left ? `${capital(left)}.` : `À ${to.name ? `${to.name}, ` : ""}${to.address}.`;
  if (left || isReading()) byId("envoyer").setAttribute("aria-disabled", "true");
  else byId("envoyer").removeAttribute("aria-disabled");
  fill(form, { address: to ? to.address : "à choisir", origin: to ? to.origin : "" });
}

/** Say beside each field what is missing. @returns {boolean} whether nothing is */
function complete() {
  if (isReading()) {
    tell("envoyer-erreur", "Le document n’est pas encore prêt. Attendez un instant, puis appuyez de nouveau.");
    return false;
  }
  const other = byId("autre").checked;
  const to = recipient();
  tellField("qui", to || other ? "" : "Choisissez à qui envoyer.");
  tellField("adresse", to || !other ? "" : "Écrivez une adresse entière, comme prenom.nom@entreprise.fr.");
  if (!kinds().length) tellField("cv", NONE);
  if (byId("notice")) tellField("notice", hasNotice() ? "" : "Remettez la notice au jeune, puis cochez cette case.");
  tell("envoyer-erreur", "");
  if (!to) focusRecipient();
  else if (!kinds().length) pickers[0].focus();
  else if (!hasNotice()) byId("notice").focus();
  return Boolean(to && kinds().length && hasNotice());
}

function focusRecipient() {
  const card = byBuyer() || form.querySelector("[name=destinataire]:checked") || form.querySelector("[name=destinataire]");
  (card.id === "autre" ? byId("adresse") : card).focus();
}

/** One part of the page at a time. @param {"choix" | "doute" | "trajet"} id @param {string} title */
function show(id, title) {
  for (const part of ["choix", "doute", "trajet"]) byId(part).hidden = part !== id;
  byId("titre").textContent = typeset(title);
  nameTab();
}

/**
 * Back to the choices, which are all kept but the documents that were refused.
 * @param {{message: string, field?: string, code?: string, refused?: {kind: string, message: string}[]}} why
 */
function chooseAgain({ message, field = "", code = "", refused = [] }) {
  show("choix", TITLE);
  refresh();
  if (refused.length) {
    for (const { kind, message: reason } of refused) byPicker(kind).drop(reason);
    byPicker(refused[0].kind).focus();
  } else if (field.startsWith("documents")) {
    for (const picker of filled()) picker.drop(message);
    pickers[0].focus();
  } else if (code === "notice_needed" && byId("notice")) {
    tellField("notice", message);
    byId("notice").focus();
  } else if (!byBuyer() && (field.startsWith("destinataire") || code === "recipient_refuses")) {
    tellField(byId("autre").checked ? "adresse" : "qui", message);
    focusRecipient();
  } else {
    tell("envoyer-erreur", message);
    byId("envoyer").focus();
  }
}

/** @param {string} kind @returns {Picker} */
function byPicker(kind) {
  return pickers.find((picker) => picker.kind === kind) || pickers[0];
}

/** @returns {string[]} what was confirmed in this browser, as the server names it: her alone, of this record; it stores none */
function confirmed() {
  try {
    return JSON.parse(localStorage.getItem(STORED) || "[]");
  } catch {
    return [];
  }
}

/** @param {string} shown so that she is asked once */
function remember(shown) {
  try {
    localStorage.setItem(STORED, JSON.stringify([shown, ...confirmed()].slice(0, MOST_STORED)));
  } catch {
    // She will be asked again.
  }
}

/** The address is not trusted: show it large, say why, and let her decide. @param {import("./http.js").Refusal} refusal */
function doubt({ told }) {
  if (told.vus !== asked && confirmed().includes(told.vus)) {
    asked = told.vus;
    resume({ confirmed: true });
    return;
  }
  asked = told.vus;
  const to = recipient();
  const { e, are } = together(kinds());
  show("doute", "Vérifiez l’adresse");
  byId("doute-carte-titre").textContent = told.domaine || to.domain;
  const reasons = told.doutes.map((code) => DOUBTS[code]).filter(Boolean);
  const passed = told.contacts.map(({ adresse, origine }) => `Le lien pourra être passé à ${adresse}. ${origine}. Vérifiez-la par téléphone.`);
  byId("doutes").replaceChildren(...[`${told.origine}.`, ...reasons, ...passed].map(line));
  fill(byId("doute"), {
    local: to.local,
    domain: to.domain,
    kept: `${capital(theDocuments(kinds()))} ${are} gardé${e} dans cette page.`,
  });
  goTo(byId("doute-carte-titre"));
}

/** @param {string} text @returns {HTMLElement} */
function line(text) {
  const item = document.createElement("li");
  item.textContent = typeset(text);
  return item;
}

async function send() {
  if (!complete()) return;
  const to = recipient();
  asked = "";
  depart(to);
  await travel({
    url: form.dataset.url,
    address: to.address,
    documents: filled().map(({ kind, chosen }) => ({ kind, bytes: chosen.bytes.length })),
    seal: () =>
      close(filled().map(({ kind, chosen }) => ({ kind, bytes: chosen.bytes })), to.address, {
        notice: Boolean(byId("notice")),
        code: byId("avec-code").checked,
        onCode: (digits) => tellCode(digits, to.name || to.address),
      }),
    onLeft: () => pickers.forEach((picker) => picker.forget()),
    onDoubt: doubt,
    onRefused: chooseAgain,
  });
}

/** The code that is given by telephone, shown while this page stays. @param {string} digits @param {string} whom */
function tellCode(digits, whom) {
  byId("code-dit").textContent = `${digits.slice(0, 3)}\u00a0${digits.slice(3)}`;
  fill(byId("code-bloc"), { whom });
  byId("code-bloc").hidden = false;
}

/** @param {NonNullable<ReturnType<typeof recipient>>} to */
function depart(to) {
  byId("code-bloc").hidden = true;
  fill(byId("trajet"), { name: to.name, local: to.local, domain: to.domain });
  show("trajet", `Envoi ${ofDocuments(kinds())}`);
  goTo(byId("titre"));
}

/** Let files fall on the zones; fallen beside them, the browser must not open them in place of the page. */
function listenToDrops() {
  const over = (target) => pickers.forEach((picker) => picker.hover(picker.holds(target)));
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(event.target);
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget || over(null));
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    over(null);
    const picker = pickers.find((one) => one.holds(event.target));
    if (picker && !form.hidden) picker.pick([...event.dataTransfer.files]);
  });
}

function begin() {
  if (!canSeal()) {
    byId("attente").firstElementChild.textContent =
      "Ce navigateur ne sait pas fermer les documents. Prenez une version récente de Firefox ou Chrome.";
    return;
  }
  byId("attente").hidden = true;
  form.hidden = false;
  const office = () => (byId("bureautique").open = true);
  const [maxBytes, rewriter] = [Number(form.dataset.maxBytes), form.dataset.rewriter];
  const changed = () => {
    if (kinds().length && byId("cv-erreur").textContent.trim() === NONE) tellField("cv", "");
    tell("envoyer-erreur", "");
    refresh();
  };
  pickers = KINDS.map((kind) => new Picker(kind, { maxBytes, rewriter, changed, office }));
  form.addEventListener("input", () => {
    tellField("qui", "");
    if (byId("notice") && hasNotice()) tellField("notice", "");
    tell("envoyer-erreur", "");
    refresh();
  });
  byId("adresse").addEventListener("input", () => tellField("adresse", ""));
  listenToDrops();
  once(form, "submit", send);
  once(byId("confirmer"), "click", async () => {
    remember(asked);
    depart(recipient());
    await resume({ confirmed: true });
  });
  byId("corriger").addEventListener("click", () => {
    show("choix", TITLE);
    focusRecipient();
  });
  refresh();
}

begin();
