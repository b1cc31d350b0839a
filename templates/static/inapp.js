/** Browsers that live inside mail and message programs: they often cannot save, and lose the page when they close. */

/** @type {[RegExp, string][]} by what they say of themselves: only a hint, the page warns and never refuses */
const PROGRAMS = [
  [/Outlook-(?:iOS|Android)|; Outlook|OutlookMobile/i, "Outlook"],
  [/\bTeams(?:Mobile)?[/-]/i, "Teams"],
  [/\bGSA\//, "Gmail ou Google"],
  [/\bFBAN|\bFBAV|\bFB_IAB/, "Facebook ou Messenger"],
  [/\bInstagram\b/, "Instagram"],
  [/\bLinkedInApp\b/, "LinkedIn"],
  [/; wv\)/, "une application"],
  [/\((?:iPhone|iPad)[^)]*\) AppleWebKit(?!.*\bSafari\/)/, "une application"],
];

/**
 * @param {string} userAgent
 * @returns {{program: string, browser: string, where: string} | null} the program, the browser to prefer and where its
 *   command stands; null in an ordinary browser
 */
export function inAppBrowser(userAgent) {
  const known = PROGRAMS.find(([sign]) => sign.test(userAgent));
  if (!known) return null;
  const apple = /iPhone|iPad/.test(userAgent);
  return {
    program: known[1],
    browser: apple ? "Safari" : "Chrome ou Firefox",
    where: apple
      ? "Touchez le compas, ou les trois points « … », puis « Ouvrir dans Safari »."
      : "Touchez les trois points « ⋮ », puis « Ouvrir dans le navigateur ».",
  };
}
