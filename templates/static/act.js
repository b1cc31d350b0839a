/** One act of the company on its page: asked once, refused in French beside what was pressed, and then the page as it stands. */

import { first, goTo, say } from "./dom.js";
import { callJson, refusalOf } from "./http.js";

/** Somebody else acted first: what the page shows is not so any more. */
const BEHIND = ["wrong_step", "changed_meanwhile", "slot_taken", "not_now"];

/** @typedef {{template: "t-avis" | "t-fait", texte: string}} Note what has just happened, said above the answers */

/**
 * @typedef {object} Host where the answers stand
 * @property {string} token
 * @property {import("./retrieve.js").View} view
 * @property {HTMLElement} place of what comes next
 * @property {HTMLElement} rest of what may be done besides, folded
 * @property {boolean} [told] the page says already that a new sending is awaited
 * @property {boolean} [unopened] dates come once the documents are read
 * @property {(note?: Note) => Promise<void>} again look at the link anew, keep what is open here
 * @property {(note?: Note) => Promise<void>} reload look at the link anew, from the start
 * @property {() => void} blocked this browser refuses cookies
 */

/**
 * @param {Host} host @param {string} path below /retrait/ @param {Record<string, any>} body beside the token
 * @param {(message: string, refusal: import("./http.js").Refusal | null) => void} refused "" and null before each try
 * @param {() => Promise<void>} [done] instead of `host.again`, as it stands
 */
export async function act(host, path, body, refused, done) {
  refused("", null);
  try {
    await callJson("POST", `/retrait/${path}`, { token: host.token, ...body });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === "cookies_blocked") host.blocked();
    else if (refusal.status === 410 || refusal.code === "proof_needed") await host.reload();
    else if (BEHIND.includes(refusal.code)) await host.again({ template: "t-avis", texte: refusal.message });
    else refused(refusal.message, refusal);
    return;
  }
  await (done || host.again)();
  goToAnswers();
}

/** @param {import("./retrieve.js").View} view @returns {(action: string) => boolean} whether it may be done now */
export const allowed = (view) => (action) => view.actions.includes(action);

/** The reader is taken to the first of the answers, as they stand now. */
export function goToAnswers() {
  const heading = first(document, "#suite h2");
  if (!heading) return;
  say(heading.textContent);
  goTo(heading);
}
