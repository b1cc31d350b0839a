/** The worker of the sending page: makes of what was chosen the document that leaves. */
/*! Reads PDFs with @cantoo/pdf-lib (MIT, © 2019 Andrew Dillon and contributors), fflate (MIT, © 2023 Arjun Barrett) and tslib (0BSD). */

import { bound } from "./rewrite/photos.js";
import { rewritten } from "./rewrite/rewrite.js";
import { Unwritable } from "./rewrite/values.js";
import { refusal, removal } from "./rewrite/words.js";

self.addEventListener("message", async ({ data }) => {
  try {
    const made = await (data.photos ? bound(data.photos) : rewritten(data.document));
    self.postMessage({ bytes: made.bytes, removed: removal(made.removed) }, { transfer: [made.bytes.buffer] });
  } catch (error) {
    self.postMessage({ refusal: refusal(error instanceof Unwritable ? error.code : "broken") });
  }
});
