/** Find the 43 characters of a link in whatever a mail program, a gateway or a hand made of it. */

const TOKEN = "([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])";
const MANNERS = [
  new RegExp(`(?:#|%23|%2523)${TOKEN}`), // our link: as it is, encoded, or wrapped by a gateway that encodes again
  new RegExp(`(?:^|[^A-Za-z0-9_%-])${TOKEN}`), // the code alone, or among words
];

/**
 * @param {string} text an address, its end, or what was pasted
 * @returns {string | null} the token, or null when there is none that is whole
 */
export function findToken(text) {
  const clean = text.slice(0, 20_000).replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, "");
  for (const candidate of [clean, clean.replace(/\s/g, "")]) {
    for (const manner of MANNERS) {
      const found = manner.exec(candidate);
      if (found) return found[1];
    }
  }
  return null;
}
