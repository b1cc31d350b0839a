/** How dates, hours, sizes and names of documents are written for people in France; the twin of chalicelib/french.py. */

const NO_BREAK = "\u00a0";
const NARROW = "\u202f";
const ZONE = "Europe/Paris";

/** @typedef {{title: string, the: string, of: string, another: string, it: string, e: string}} Words */
/** @type {Record<string, Words>} each kind of document: its name alone, with its articles, its pronoun, and what agrees with it */
const WORDS = {
  cv: { title: "CV", the: "le CV", of: "du CV", another: "un autre CV", it: "le", e: "" },
  lettre: { title: "Lettre", the: "la lettre", of: "de la lettre", another: "une autre lettre", it: "la", e: "e" },
};

/** @param {string | Date} at an instant, ISO 8601 @returns {string} « 14 h 12 », Paris time */
export function hour(at) {
  const { hour: hours, minute } = parts(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${Number(hours)}${NARROW}h${NARROW}${minute}`;
}

/** @param {string} typed « 09:05 », as a field gives it @returns {string} « 9 h 05 » */
export function typedHour(typed) {
  const [hours, minutes] = typed.split(":");
  return `${Number(hours)}${NARROW}h${NARROW}${minutes}`;
}

const NEAR = 60 * 24 * 3600 * 1000;

/** @param {string | Date} at @returns {string} « mercredi 2 décembre », with the year when it is not this one, or 60 days away */
export function day(at) {
  const { weekday, day: number, month, year } = parts(at, {
    weekday: "long", day: "numeric", month: "long", year: "numeric",
  });
  const thisYear = parts(new Date(), { year: "numeric" }).year;
  const near = year === thisYear && Math.abs(new Date(at).getTime() - Date.now()) <= NEAR;
  return [`${weekday} ${number === "1" ? "1er" : number}`, month, ...(near ? [] : [year])].join(NO_BREAK);
}

/** @param {string} end @returns {string} the day on which what lasts until then ends: at midnight the day that is over */
export function lastDay(end) {
  return day(new Date(new Date(end).getTime() - 1));
}

/** @param {string | Date} at @returns {string} « mercredi 2 décembre, 14 h 12 » */
export function moment(at) {
  return `${day(at)}, ${hour(at)}`;
}

/** @param {string | Date} at @returns {string} « mercredi 2 décembre à 14 h 12 », inside a sentence */
export function momentInSentence(at) {
  return `${day(at)} à${NO_BREAK}${hour(at)}`;
}

/** @param {number} bytes @returns {string} « 312 ko », « 1,4 Mo » (1 ko is 1000 bytes) */
export function size(bytes) {
  if (bytes < 1000) return `${bytes}${NO_BREAK}octet${bytes > 1 ? "s" : ""}`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)}${NO_BREAK}ko`;
  return `${String(Math.round(bytes / 100_000) / 10).replace(".", ",")}${NO_BREAK}Mo`;
}

/** The kinds of documents, in the order of the house. */
export const KINDS = Object.keys(WORDS);

/** @param {string} kind @returns {Words} */
export function words(kind) {
  return WORDS[kind] || WORDS.cv;
}

/** @param {string[]} kinds @returns {string} « le CV », « la lettre », « le CV et la lettre » */
export function theDocuments(kinds) {
  return named(kinds).map(({ the }) => the).join(" et ") || "le document";
}

/** @param {string[]} kinds @returns {string} « du CV », « du CV et de la lettre » */
export function ofDocuments(kinds) {
  return named(kinds).map(({ of }) => of).join(" et ") || "du document";
}

/**
 * How one or several documents are spoken of, once they have been named.
 * @param {string[]} kinds
 * @returns {{one: boolean, docs: string, it: string, e: string, are: string}} « le document », « l’ » before a vowel, what
 *   agrees with it, « est »
 */
export function together(kinds) {
  const [first, ...others] = named(kinds);
  if (others.length) return { one: false, docs: "les documents", it: "les ", e: "s", are: "sont" };
  return { one: true, docs: "le document", it: "l’", e: first ? first.e : "", are: "est" };
}

/** @param {string} text @returns {string} with a capital first */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {number} hours of welcome @returns {string} « 300 heures, soit 2 mois environ »: a month is 150 hours */
export function welcome(hours) {
  const months = hours / 150;
  return `${hours} heures${Number.isInteger(months) ? `, soit ${months} mois environ` : ""}`;
}

/** @param {string} name of an académie @returns {string} « académie de Lyon », « académie d’Amiens » */
export function academie(name) {
  if (/^académie/i.test(name)) return name;
  return `académie ${/^[aeiouyéèêîôh]/i.test(name) ? "d’" : "de "}${name}`;
}

/** @param {string[]} kinds @returns {Words[]} in the order of the house */
function named(kinds) {
  return KINDS.filter((kind) => kinds.includes(kind)).map((kind) => WORDS[kind]);
}

/** @param {string | Date} at @param {Intl.DateTimeFormatOptions} options @returns {Record<string, string>} */
function parts(at, options) {
  const format = new Intl.DateTimeFormat("fr-FR", { timeZone: ZONE, ...options });
  return Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
}
