/** Find the 43 characters of a link, and what its reader comes for, in whatever a mail program, a gateway or a hand made of it. */

const TOKEN = "([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])";
const INTENT = "(?:\\.([a-z]+))?"; // « .non », of a mail's second link
const MANNERS = [
  new RegExp(`(?:#|%23|%2523)${TOKEN}${INTENT}`), // our link: as it is, encoded, or wrapped by a gateway that encodes again
  // Proofpoint's third manner writes « * » for « # », and ends with two underscores.
  new RegExp(`/v3/__\\S+?\\*([A-Za-z0-9_-]{43})${INTENT}__;`),
  new RegExp(`(?:^|[^A-Za-z0-9_%=!-])${TOKEN}`), // the code alone, or among words; not what a gateway adds to an address
];
const LONGEST = 20_000;

const STORED = "lien-ouvert";

/**
 * Keep the link in this tab while its documents are open here and their reader has not answered, so that a reload does not lose it.
 * @param {string} token @param {{etat: string, confirme?: boolean, refus: object | null}} view
 */
export function keepLink(token, { etat, confirme, refus }) {
  try {
    if (etat === "ouvert_ici" && !confirme && !refus) sessionStorage.setItem(STORED, token);
    else sessionStorage.removeItem(STORED);
  } catch {
    // A reload will ask for it again.
  }
}

/** @returns {string} the link that this tab keeps; "" for none */
export function keptLink() {
  try {
    return sessionStorage.getItem(STORED) || "";
  } catch {
    return "";
  }
}

/**
 * @param {string} text an address, its end, or what was pasted
 * @returns {{token: string, intent: string}} both empty when there is no token that is whole
 */
export function findLink(text) {
  const clean = text.slice(0, LONGEST).replace(/[\u00ad\u200b-\u200f\u2060\ufeff]|=\r?\n/g, "");
  const candidates = [clean, clean.replace(/\s/g, "")].flatMap(readings);
  for (const manner of MANNERS) {
    for (const candidate of candidates) {
      const match = manner.exec(candidate);
      if (match) return { token: match[1], intent: match[2] || "" };
    }
  }
  return { token: "", intent: "" };
}

/** The ways in which a text may have to be read, the likeliest first. @param {string} text @returns {string[]} */
function readings(text) {
  const once = decoded(text, /%([0-9a-f]{2})/gi);
  const plain = [text, once, decoded(once, /%([0-9a-f]{2})/gi)];
  return [...plain, ...plain.filter((address) => address.includes("/v2/url?")).map(proofpoint2)];
}

/** Proofpoint's second manner: « - » for « % », and « _ » for « / ». @param {string} text */
function proofpoint2(text) {
  const [, wrapped = ""] = /[?&]u=([^&]+)/.exec(text) || [];
  return decoded(wrapped.replace(/_/g, "/"), /-([0-9a-f]{2})/gi);
}

/** Only plain characters are read: anything else is no part of a link. @param {string} text @param {RegExp} code */
function decoded(text, code) {
  return text.replace(code, (whole, digits) => {
    const value = parseInt(digits, 16);
    return value > 0x20 && value < 0x7f ? String.fromCharCode(value) : whole;
  });
}
