/** The worker of the sending page: makes of what was chosen the document that leaves. */
/*! Reads PDFs with @cantoo/pdf-lib (MIT, © 2019 Andrew Dillon and contributors), fflate (MIT, © 2023 Arjun Barrett) and tslib (0BSD). */

import { rewritten } from "./rewrite/rewrite.js";
import { Unwritable } from "./rewrite/values.js";

self.addEventListener("message", async ({ data }) => {
  try {
    const made = await rewritten(data.bytes);
    self.postMessage(made, [made.bytes.buffer]);
  } catch (error) {
    self.postMessage({ refusal: error instanceof Unwritable ? error.code : "broken" });
  }
});
