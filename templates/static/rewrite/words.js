/** What the page says of a document: what was taken out of it, or why it cannot be written anew. */

const AGAIN = "Ouvrez-le, imprimez-le « vers un PDF », puis choisissez ce nouveau PDF.";
/** @type {Record<import("./values.js").Reason, string>} */
const REFUSALS = {
  password: "Ce PDF est protégé par un mot de passe. Ouvrez-le, enregistrez-le sans mot de passe, puis choisissez-le de nouveau.",
  broken: `Ce PDF est abîmé. ${AGAIN}`,
  pages: "Ce document compte plus de 30 pages. Gardez les pages utiles, puis choisissez-le de nouveau.",
  empty: "Rien ne se voit dans ce PDF. Ouvrez-le pour vérifier, puis choisissez un autre fichier.",
  form: "Ce formulaire ne s’affiche que dans Adobe Reader. Ouvrez-le avec ce logiciel, imprimez-le « vers un PDF », puis choisissez ce nouveau PDF.",
  heavy: `Ce PDF est trop lourd à préparer. ${AGAIN}`,
  photo: "Cette photo ne se laisse pas lire. Prenez-la de nouveau, ou enregistrez la page au format PDF.",
  old_browser: "Ce navigateur est trop ancien pour préparer cette photo. Prenez une version récente de Firefox, Chrome, Edge ou Safari.",
};
/** @type {Record<string, string>} */
const REMOVED = {
  author: "le nom de l’auteur",
  place: "le lieu de la photo",
  camera: "la date et l’appareil de la photo",
  picture: "une image qui ne se laisse pas lire",
  form: "un formulaire actif (ce qui est rempli se voit toujours)",
  signature: "une signature électronique",
  script: "un programme",
  action: "une action automatique",
  link: "un lien d’une forme inhabituelle",
  attachment: "une pièce jointe",
  film: "un son ou un film",
  comments: "des commentaires",
  unlike: "ce que tous les lecteurs de PDF ne montrent pas de la même façon (regardez le document)",
  revisions: "d’anciennes versions",
};

/** @param {import("./values.js").Reason} code @returns {string} */
export function refusal(code) {
  return REFUSALS[code];
}

/** @param {string[]} codes @returns {string} a sentence, "" when nothing was taken out */
export function removal(codes) {
  const named = Object.keys(REMOVED).filter((code) => codes.includes(code)).map((code) => REMOVED[code]);
  return named.length ? `Retiré : ${named.join(", ")}.` : "";
}
