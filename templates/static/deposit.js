/** The sending page: to whom, which document, a last look. trip.js shows the rest. */

import { close } from "./delivery.js";
import { readDocument } from "./document.js";
import { byId, fill, goTo, once, say, tell, tellField } from "./dom.js";
import { capital, size, words } from "./french.js";
import { canSeal } from "./seal.js";
import { travel } from "./trip.js";

const form = byId("choix");
const zone = byId("fichier-zone");
const picker = byId("fichier");

/** @type {{bytes: Uint8Array, name: string} | null} what was chosen, already read */
let chosen = null;
let reading = 0;

/** @returns {string} "cv" or "lettre" */
const kind = () => form.elements.kind.value;

/** @returns {{address: string, name: string, local: string, domain: string} | null} */
function recipient() {
  const card = form.querySelector("[name=destinataire]:checked");
  if (!card) return null;
  const address = card.id === "autre" ? byId("adresse").value.trim() : card.value;
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  if (at < 1 || /[\s,;<>"]/.test(address) || !/^[^.].*\.[^.]+$/.test(domain)) return null;
  return { address, name: card.dataset.name || "", local, domain };
}

/** Make the page tell what is chosen, and what is missing. */
function refresh() {
  const to = recipient();
  const { title, the, of, e } = words(kind());
  byId("autre-bloc").hidden = !byId("autre").checked;
  zone.hidden = Boolean(chosen);
  byId("choisi").hidden = !chosen;
  zone.querySelector("b").textContent = title;
  zone.querySelector("label").textContent = `Choisir ${the}`;
  byId("changer").textContent = `Changer ${the}`;
  byId("envoyer").textContent = `Envoyer ${the}`;
  if (chosen) {
    const row = byId("document");
    row.querySelector("b").textContent = title;
    row.querySelector(".taille").textContent = ` · ${size(chosen.bytes.length)}`;
    row.querySelector(".etat span").textContent = `Choisi${e}`;
    byId("nom").textContent = chosen.name;
  }
  const missing = [!to && "à qui envoyer", !chosen && `le fichier PDF ${of}`];
  const left = missing.filter(Boolean).join(" et ");
  byId("dernier-titre").textContent = left ? "Il reste à choisir" : `${capital(the)} part vers ${to.domain}`;
  byId("reste").textContent = left ? `${capital(left)}.` : `À ${to.name ? `${to.name}, ` : ""}${to.address}.`;
  if (left) byId("envoyer").setAttribute("aria-disabled", "true");
  else byId("envoyer").removeAttribute("aria-disabled");
  fill(form, { address: to ? to.address : "à choisir" });
}

/** @param {File[]} files */
async function pick(files) {
  picker.value = ""; // so that choosing the same file again, once mended, is heard
  if (!files.length) return;
  const turn = (reading += 1);
  const read = files.length > 1
    ? { refusal: "Un seul document à la fois. Choisissez un fichier, envoyez-le, puis revenez pour l’autre." }
    : await readDocument(files[0], { kind: kind(), maxBytes: Number(form.dataset.maxBytes) });
  if (turn !== reading) return; // another file was chosen meanwhile
  if (read.bytes) chosen = { bytes: read.bytes, name: files[0].name };
  tellField("fichier", read.refusal ? read.refusal + (chosen ? " Le fichier choisi avant est gardé." : "") : "");
  refresh();
  if (read.bytes) say(`${words(kind()).title} : fichier choisi, ${size(read.bytes.length)}`);
  (read.bytes ? byId("changer") : picker).focus();
}

/** Say beside each field what is missing. @returns {boolean} whether nothing is */
function complete() {
  const other = byId("autre").checked;
  const to = recipient();
  tellField("qui", to || other ? "" : "Choisissez à qui envoyer.");
  tellField("adresse", to || !other ? "" : "Écrivez une adresse entière, comme prenom.nom@entreprise.fr.");
  if (!chosen) tellField("fichier", "Choisissez un fichier PDF.");
  tell("envoyer-erreur", "");
  const wrong = to ? (chosen ? null : picker) : other ? byId("adresse") : form.querySelector("[name=destinataire]");
  if (wrong) wrong.focus();
  return !wrong;
}

/** Back to the choices, which are all kept but the file. @param {{message: string, field: string}} why */
function chooseAgain({ message, field }) {
  byId("trajet").hidden = true;
  form.hidden = false;
  byId("titre").textContent = "Envoyer un document";
  const about = field.startsWith("destinataire") ? "destinataire" : field.startsWith("documents") ? "fichier" : "";
  if (about === "fichier") chosen = null;
  refresh();
  if (about === "fichier") tellField("fichier", message);
  else if (about === "destinataire") tellField(byId("autre").checked ? "adresse" : "qui", message);
  else tell("envoyer-erreur", message);
  if (about === "destinataire") form.querySelector("[name=destinataire]:checked").focus();
  else (about === "fichier" ? picker : byId("envoyer")).focus();
}

async function send() {
  if (!complete()) return;
  const to = recipient();
  form.hidden = true;
  fill(byId("trajet"), { name: to.name, local: to.local, domain: to.domain });
  byId("titre").textContent = `Envoi ${words(kind()).of}`;
  byId("trajet").hidden = false;
  goTo(byId("titre"));
  await travel({
    url: form.dataset.url,
    kind: kind(),
    bytes: chosen.bytes.length,
    address: to.address,
    seal: () => close(chosen.bytes, { kind: kind(), address: to.address }),
    onArrived: () => {
      chosen = null;
    },
    onRefused: chooseAgain,
  });
}

/** Let a file fall on the zone; fallen beside it, the browser must not open it in place of the page. */
function listenToDrops() {
  const hint = zone.querySelector(".glisse");
  const over = (yes) => {
    zone.classList.toggle("dessus", yes);
    hint.textContent = yes ? "Lâchez, c’est ici" : "Glissez le PDF ici, ou";
  };
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(zone.contains(event.target));
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget || over(false));
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!form.hidden && byId("fichier-champ").contains(event.target)) pick([...event.dataTransfer.files]);
  });
}

function begin() {
  if (!canSeal()) {
    byId("attente").firstElementChild.textContent =
      "Ce navigateur ne sait pas fermer les documents. Prenez une version récente de Firefox, Chrome, Edge ou Safari.";
    return;
  }
  byId("attente").hidden = true;
  form.hidden = false;
  picker.setAttribute("aria-describedby", "quoi");
  picker.removeAttribute("name"); // nothing of it may ever be sent as it is
  picker.addEventListener("change", () => pick([...picker.files]));
  byId("changer").addEventListener("click", () => picker.click());
  byId("retirer").addEventListener("click", () => {
    chosen = null;
    refresh();
    picker.focus();
  });
  form.addEventListener("input", () => {
    tellField("qui", "");
    tell("envoyer-erreur", "");
    refresh();
  });
  byId("adresse").addEventListener("input", () => tellField("adresse", ""));
  listenToDrops();
  once(form, "submit", send);
  refresh();
}

begin();
