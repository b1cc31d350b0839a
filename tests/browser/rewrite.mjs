// Rewrites files by the very modules of the sending page, in node: tests/support/rewriting.py puts them together and calls this.
import { readFileSync, writeFileSync } from "node:fs";

import { rewritten } from "../../templates/static/rewrite/rewrite.js";
import { Unwritable } from "../../templates/static/rewrite/values.js";

console.warn = () => {}; // the library's remarks on what it reads
const answers = [];
for (const [source, target] of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const { bytes, ...told } = await rewritten(new Uint8Array(readFileSync(source)));
    writeFileSync(target, bytes);
    answers.push(told);
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
    answers.push({ refused: error.code });
  }
}
process.stdout.write(JSON.stringify(answers));
