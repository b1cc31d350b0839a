/** Calls to our own JSON surface: either the answer, or one Refusal that always has a French sentence to show. */

const PATIENCE_MS = 35_000; // API Gateway gives up after 29 s
const LONGEST_MESSAGE = 600;
const JSON_TYPE = "application/json";

/** @type {Record<number, string>} */
const SENTENCES = {
  0: "La connexion s’est coupée. Vérifiez-la, puis recommencez.",
  401: "Votre session a expiré. Reconnectez-vous.",
  403: "La demande a été refusée. Rouvrez la page, puis recommencez.",
  404: "Cette page n’existe plus, ou elle ne vous est pas ouverte. Revenez à la page précédente.",
  409: "Quelque chose a changé entre-temps. Recommencez.",
  410: "Ce lien ne marche plus, ou il est incomplet. Répondez au message reçu.",
  429: "Trop de demandes à la suite. Attendez une minute, puis recommencez.",
};
const FAULT = "La panne vient de nous. Attendez une minute, puis recommencez.";

/** What came instead of the answer. `status` 0: nothing came at all. */
export class Refusal extends Error {
  /** @param {{status: number, code?: string, message?: string, field?: string, told?: Record<string, any>}} what */
  constructor({ status, code = "", message = "", field = "", told = {} }) {
    super(message || SENTENCES[status] || FAULT);
    this.status = status;
    this.code = code;
    this.field = field;
    this.told = told; // the rest of the answer, as it came
  }

  /** Whether the very same call may succeed later, with nothing chosen again. */
  get passing() {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

/** @param {unknown} error caught @returns {Refusal} itself, or what stands for it: a fault of ours, if no status says otherwise */
export const refusalOf = (error, status = 500) => (error instanceof Refusal ? error : new Refusal({ status }));

/**
 * @param {"GET" | "POST"} method
 * @param {string} path on this very site
 * @param {object} [body] sent as JSON
 * @returns {Promise<{data: any, at: Date}>} the JSON answer, null when it is empty; `at` is the server's clock
 * @throws {Refusal}
 */
export async function callJson(method, path, body) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: patience.signal,
      headers: { Accept: JSON_TYPE, ...(body && { "Content-Type": JSON_TYPE }) },
      body: body && JSON.stringify(body),
    });
    return await read(response);
  } catch (error) {
    throw refusalOf(error, 0);
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Response} response @throws {Refusal} */
async function read(response) {
  const text = await response.text();
  const data = parsed(text);
  const at = new Date(response.headers.get("Date") || Date.now());
  if (response.ok && (data || !text)) return { data, at };
  const told = data || {};
  throw new Refusal({
    status: response.ok ? 502 : response.status, // a page where JSON was expected: somebody else answered
    code: textOf(told.code),
    message: textOf(told.message).slice(0, LONGEST_MESSAGE),
    field: textOf(told.field),
    told,
  });
}

/** @param {unknown} value @returns {string} */
const textOf = (value) => (typeof value === "string" ? value : "");

/** @param {string} text @returns {any} an object, or null: a gateway may answer anything */
function parsed(text) {
  try {
    const data = JSON.parse(text);
    return typeof data === "object" ? data : null;
  } catch {
    return null;
  }
}
