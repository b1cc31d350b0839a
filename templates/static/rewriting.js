/** Has a worker write a document anew, so that the page stays quick; its script is fetched when a file is chosen, never before. */

const PATIENCE_MS = 60_000;

/**
 * @param {string} script the worker's address
 * @param {{bytes: Uint8Array}} asked what becomes the worker's
 * @returns {Promise<{bytes: Uint8Array, removed: string[]} | {refusal: string}>} the document, or the code of why there is none
 */
export function rewrite(script, asked) {
  return new Promise((resolve) => {
    const worker = new Worker(script);
    const end = (answer) => {
      clearTimeout(timer);
      worker.terminate();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ refusal: "slow" }), PATIENCE_MS);
    worker.addEventListener("message", ({ data }) => end(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      end({ refusal: "unloaded" });
    });
    worker.postMessage(asked, [asked.bytes.buffer]);
  });
}
