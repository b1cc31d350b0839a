/** The sending page: to whom, which documents, a last look. trip.js shows the rest. */

import "./agent.js";
import { close } from "./delivery.js";
import { byId, fill, find, first, goTo, listFaults, mark, nameTab, once, tell, tellField } from "./dom.js";
import { KINDS, capital, ofDocuments, theDocuments, together } from "./french.js";
import { Picker, READING } from "./picker.js";
import { canSeal } from "./seal.js";
import { resume, travel } from "./trip.js";

const form = byId("choix", "form");
const TITLE = "Envoyer le CV et la lettre";
const NOBODY = "Choisissez à qui envoyer.";
const NO_ADDRESS = "Écrivez une adresse entière, comme prenom.nom@entreprise.fr.";
const NO_NOTICE = "Remettez la notice au jeune, puis cochez cette case.";
const NONE = "Choisissez le CV, la lettre, ou les deux.";
/** @type {Record<string, string>} */
const DOUBTS = {
  gone: "La personne n’est plus à ce poste : c’est noté sur le parcours. Vérifiez qui lit cette adresse.",
  other_domain: "Aucune adresse connue pour ce parcours ne finit ainsi.",
  look_alike: "Elle ressemble à une adresse connue, à quelques lettres près.",
  undeclared: "Elle n’était pas dans la fiche quand l’offre a été déclarée. Vérifiez-la par téléphone.",
};
const STORED = "adresses-confirmees";
const MOST_STORED = 100;

/** @type {Picker[]} */
let pickers = [];
let asked = ""; // what the doubt that is shown is called: a confirmation repeats it

/** @returns {{kind: string, bytes: Uint8Array<ArrayBuffer>}[]} the documents that are chosen */
const filled = () => pickers.flatMap(({ kind, chosen }) => (chosen ? { kind, bytes: chosen.bytes } : []));

/** @param {Uint8Array} bytes @returns {string} the kind that was chosen with these very bytes; "" for none */
const findSame = (bytes) => filled().find((other) => other.bytes.length === bytes.length && other.bytes.every((byte, at) => byte === bytes[at]))?.kind || "";

/** @returns {string[]} */
const kinds = () => filled().map(({ kind }) => kind);

/** @returns {boolean} whether a chosen file is not read yet: nothing leaves meanwhile */
const isReading = () => pickers.some(({ reading }) => reading);

/** @returns {HTMLInputElement | null} the buyer's card, when the link goes by her */
const byBuyer = () => first(form, "input[name=chemin]:checked:not([value=''])");

/** The card of the recipient who is chosen. */
const chosenCard = () => byBuyer() || first(form, "input[name=destinataire]:checked");

/** The box that says that the young person has the notice, where the page asks. */
const notice = first(form, "input#notice");

/** @returns {boolean} whether the young person has the notice, as far as this page knows */
const hasNotice = () => notice?.checked !== false;

/** @returns {boolean} whether another address than those of the record is chosen */
const isOther = () => byId("autre", "input").checked;

/** @typedef {{address: string, name: string, local: string, domain: string}} Recipient */

/** @returns {Recipient | null} */
function recipient() {
  const card = chosenCard();
  if (!card) return null;
  const address = card.id === "autre" ? byId("adresse", "input").value.trim() : card.value;
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  if (at < 1 || /[\s,;<>"]/.test(address) || !/^[^.].*\.[^.]+$/.test(domain)) return null;
  return { address, name: card.dataset.name || "", local, domain };
}

/** Make the page tell what is chosen, and what is missing. */
function refresh() {
  const to = recipient();
  const buyer = Boolean(byBuyer());
  byId("qui-champ").hidden = buyer;
  byId("autre-bloc").hidden = buyer || !isOther();
  byId("envoyer").textContent = kinds().length ? `Envoyer ${theDocuments(kinds())}` : "Envoyer";
  const chosen = to && kinds().length;
  const missing = [!to && "à qui envoyer", !kinds().length && "le CV, la lettre, ou les deux", !hasNotice() && "la notice à remettre au jeune"];
  const left = missing.filter(Boolean).join(", et ");
  const leaves = kinds().length > 1 ? "partent" : "part";
  byId("dernier-titre").textContent = isReading() ? "Un instant" : to && !left ? `${capital(theDocuments(kinds()))} ${leaves} vers ${to.domain}` : chosen ? "Il reste la notice" : "Il manque encore";
  byId("reste").textContent = isReading() ? READING : to && !left ? `À ${to.name ? `${to.name}, ` : ""}${to.address}.` : `${capital(left)}.`;
  mark(byId("envoyer"), "aria-disabled", left || isReading() ? "true" : "");
}

/** Say beside each field what is missing. @returns {boolean} whether nothing is */
function complete() {
  if (isReading()) {
    tell("envoyer-erreur", "Le document n’est pas encore prêt. Attendez un instant, puis appuyez de nouveau.");
    return false;
  }
  const other = isOther();
  const to = recipient();
  tellField("qui", to || other ? "" : NOBODY);
  tellField("adresse", to || !other ? "" : NO_ADDRESS);
  if (!kinds().length) tellField("cv", NONE);
  if (notice) tellField("notice", hasNotice() ? "" : NO_NOTICE);
  tell("envoyer-erreur", "");
  const faults = [
    ...(to ? [] : [{ message: other ? NO_ADDRESS : NOBODY, target: recipientField() }]),
    ...(kinds().length ? [] : [{ message: NONE, target: pickers[0].input }]),
    ...(notice && !hasNotice() ? [{ message: NO_NOTICE, target: notice }] : []),
  ];
  listFaults(faults);
  return !faults.length;
}

/** @returns {HTMLInputElement} where the recipient is chosen, or written */
function recipientField() {
  const card = chosenCard() || find(form, "input[name=destinataire]");
  return card.id === "autre" ? byId("adresse", "input") : card;
}

/** One part of the page at a time. @param {"choix" | "doute" | "trajet"} id @param {string} title */
function show(id, title) {
  for (const part of ["choix", "doute", "trajet"]) byId(part).hidden = part !== id;
  byId("titre").textContent = title;
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
    for (const kind of kinds()) byPicker(kind).drop(message);
    pickers[0].focus();
  } else if (code === "notice_needed" && notice) {
    tellField("notice", message);
    notice.focus();
  } else if (!byBuyer() && (field.startsWith("destinataire") || code === "recipient_refuses")) {
    tellField(isOther() ? "adresse" : "qui", message);
    recipientField().focus();
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

/**
 * @typedef {{vus: string, domaine: string, origine: string, doutes: string[]}} Doubt
 *   what the server says of an address that is not trusted
 */

/** The address is not trusted: show it large, say why, and let her decide. @param {import("./http.js").Refusal} refusal */
function doubt(refusal) {
  const told = /** @type {Doubt} */ (refusal.told);
  if (told.vus !== asked && confirmed().includes(told.vus)) {
    asked = told.vus;
    resume({ confirmed: true });
    return;
  }
  asked = told.vus;
  const to = recipient();
  if (!to) return;
  const { e, are } = together(kinds());
  show("doute", "Vérifiez l’adresse");
  byId("doute-carte-titre").textContent = told.domaine || to.domain;
  const reasons = told.doutes.map((code) => DOUBTS[code]).filter(Boolean);
  byId("doutes").replaceChildren(...[`${told.origine}.`, ...reasons].map(line));
  fill(byId("doute"), { ...to, kept: `${capital(theDocuments(kinds()))} ${are} gardé${e} dans cette page.` });
  goTo(byId("doute-carte-titre"));
}

/** @param {string} text @returns {HTMLElement} */
function line(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

async function send() {
  const to = recipient();
  if (!complete() || !to) return;
  asked = "";
  depart(to);
  await travel({
    url: form.dataset.url || "",
    address: to.address,
    documents: filled().map(({ kind, bytes }) => ({ kind, bytes: bytes.length })),
    seal: () =>
      close(filled(), to.address, {
        notice: Boolean(notice),
        code: byId("avec-code", "input").checked,
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

/** @param {Recipient} to */
function depart(to) {
  byId("code-bloc").hidden = true;
  fill(byId("trajet"), to);
  show("trajet", `Envoi ${ofDocuments(kinds())}`);
  goTo(byId("titre"));
}

/** Let files fall on the zones; fallen beside them, the browser must not open them in place of the page. */
function listenToDrops() {
  /** @param {EventTarget | null} target */
  const over = (target) => pickers.forEach((picker) => picker.hover(picker.holds(target)));
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(event.target);
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget || over(null));
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    over(null);
    const picker = pickers.find((candidate) => candidate.holds(event.target));
    if (picker && !form.hidden) picker.pick(event.dataTransfer?.files);
  });
}

function begin() {
  if (!canSeal()) {
    find(byId("attente"), ":first-child").textContent =
      "Ce navigateur ne sait pas chiffrer les documents. Prenez une version récente de Firefox ou Chrome.";
    return;
  }
  byId("attente").hidden = true;
  form.hidden = false;
  const office = () => (byId("bureautique", "details").open = true);
  const { maxBytes, rewriter = "" } = form.dataset;
  const changed = () => {
    if (kinds().length && byId("cv-erreur").textContent.trim() === NONE) tellField("cv", "");
    tell("envoyer-erreur", "");
    refresh();
  };
  pickers = KINDS.map((kind) => new Picker(kind, { maxBytes: Number(maxBytes), rewriter, changed, office, findSame }));
  form.addEventListener("input", () => {
    tell("envoyer-erreur", "");
    refresh();
  });
  document.addEventListener("input", () => {
    if (!first(form, ".faux:not([hidden], [hidden] *)")) byId("fautes").hidden = true;
  });
  listenToDrops();
  window.addEventListener("beforeunload", (event) => {
    if (kinds().length && byId("trajet").hidden) event.preventDefault();
  });
  once(form, "submit", send);
  once(byId("confirmer"), "click", async () => {
    remember(asked);
    const to = recipient();
    if (to) depart(to);
    await resume({ confirmed: true });
  });
  byId("corriger").addEventListener("click", () => {
    show("choix", TITLE);
    recipientField().focus();
  });
  refresh();
}

begin();
