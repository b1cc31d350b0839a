/** A PDF written anew: what shows is kept, what acts and what tells is dropped. Bytes in, bytes out, in browsers and node alike. */

import { drawn } from "./annotations.js";
import { coded, decoded, simplified } from "./filters.js";
import { destinationsOf, flattened } from "./pages.js";
import { withoutTraces } from "./pictures.js";
import { opened } from "./source.js";
import { fromLatin, latin } from "./values.js";
import { LINK, copied } from "./walk.js";
import { written } from "./writer.js";

const CODED = ["PlainStream", "Content", "FontFile", "CMap", "IccProfile", "Form", "TilingPattern", "SampledFunction", "CalculatorFunction", "FreeTriangleShading", "LatticeTriangleShading", "PatchShading"];
const PICTURES = ["Image", "MaskImage"];

/**
 * @param {Uint8Array} bytes a PDF
 * @returns {Promise<{bytes: Uint8Array}>}
 * @throws {import("./values.js").Unwritable}
 */
export async function rewritten(bytes) {
  const source = await opened(bytes);
  const pages = flattened(source);
  drawn(source, pages);
  return { bytes: written(copied(source, mends(source, pages))) };
}

/** What makes of a value what the table wants of its kind. */
function mends(source, pages) {
  const resolve = destinationsOf(source, pages);
  const listed = new Set(pages.map((page) => source.get(page)));
  const leading = (key) => (value) => (value.has(key) ? new Map([...value, [key, resolve(value.get(key))]]) : value);
  const again = remembered((stream) => {
    const content = decoded(source, stream);
    return content && coded(stream, content);
  });
  const picture = remembered((stream) => withoutTraces(simplified(source, stream)));
  return {
    Page: (value) => (listed.has(value) ? value : null),
    LinkAnnotation: leading("Dest"),
    OutlineItem: leading("Dest"),
    GoToAction: leading("D"),
    UriAction: (value) => new Map([...value, ["URI", address(source.get(value.get("URI")))]]),
    ...Object.fromEntries(CODED.map((kind) => [kind, again])),
    ...Object.fromEntries(PICTURES.map((kind) => [kind, picture])),
  };
}

/** @param {any} held @returns {Uint8Array | null} the address as the table wants it; null when it is none */
function address(held) {
  if (!(held instanceof Uint8Array)) return null;
  const text = fromLatin(held).trim();
  if (LINK.test(text)) return latin(text);
  try {
    return latin(new URL(/^www\./i.test(text) ? `http://${text}` : text).href);
  } catch {
    return null;
  }
}

/** A stream may be reached again; what is made of it is made once. */
function remembered(make) {
  const made = new Map();
  return (stream) => {
    if (!made.has(stream)) made.set(stream, make(stream));
    return made.get(stream);
  };
}
