/** A PDF written anew: what shows is kept, what acts and what tells is dropped. Bytes in, bytes out, in browsers and node alike. */

import { DRAWS, drawn } from "./annotations.js";
import { coded, decoded, simplified } from "./filters.js";
import { lightened } from "./lighter.js";
import { destinationsOf, flattened } from "./pages.js";
import { withoutTraces } from "./pictures.js";
import { removedFrom } from "./removed.js";
import { opened } from "./source.js";
import { Stream, Unwritable, fromLatin, latin } from "./values.js";
import { LINK, copied } from "./walk.js";
import { written } from "./writer.js";

/** @typedef {import("./source.js").Source} Source */

const CODED = ["PlainStream", "Content", "FontFile", "CMap", "Form", "TilingPattern", "SampledFunction", "CalculatorFunction", "FreeTriangleShading", "LatticeTriangleShading", "PatchShading"];
const HEAVY = 1_500_000; // bytes: beyond, its pictures are looked at
const PICTURES = ["Image", "MaskImage"];

/**
 * @param {Uint8Array<ArrayBuffer>} bytes a PDF
 * @returns {Promise<{bytes: Uint8Array<ArrayBuffer>, removed: string[]}>} `removed`: codes of what was taken out
 * @throws {Unwritable}
 */
export async function rewritten(bytes) {
  const source = await opened(bytes);
  const removed = removedFrom(source, bytes);
  if (source.get(source.dictionary(source.trailer.get("Root")).get("NeedsRendering")) === true) throw new Unwritable("form");
  const pages = flattened(source);
  if (!drawn(source, pages) && !pages.some((page) => shows(source, page))) throw new Unwritable("empty");
  const catalog = copied(source, mends(source, pages, removed));
  const whole = written(catalog);
  if (whole.length < HEAVY) return { bytes: whole, removed: [...removed] };
  await lightened(catalog);
  return { bytes: written(catalog), removed: [...removed] };
}

/** @param {Source} source @param {import("./values.js").Ref} page @returns {boolean} whether it draws something itself */
function shows(source, page) {
  const held = source.dictionary(page).get("Contents");
  const streams = source.get(held) instanceof Stream ? [held] : source.array(held);
  return streams.map((stream) => source.get(stream)).some((stream) => stream instanceof Stream && DRAWS.test(fromLatin(decoded(source, stream) || latin(""))));
}

/**
 * What makes of a value what the table wants of its kind.
 * @param {Source} source @param {import("./values.js").Ref[]} pages @param {Set<string>} removed @returns {Record<string, import("./walk.js").Mend>}
 */
function mends(source, pages, removed) {
  const resolve = destinationsOf(source, pages);
  const listed = new Set(pages.map((page) => source.get(page)));
  /** @type {(key: string) => import("./walk.js").Mend} */
  const leading = (key) => (value) => (value instanceof Map && value.has(key) ? new Map([...value, [key, resolve(value.get(key))]]) : value);
  const again = remembered((stream) => {
    const content = decoded(source, stream);
    return content && coded(stream, content);
  });
  const picture = remembered((stream) => withoutTraces(simplified(source, stream), removed));
  return {
    Page: (value) => (listed.has(value) ? value : null),
    LinkAnnotation: leading("Dest"),
    OutlineItem: leading("Dest"),
    GoToAction: leading("D"),
    UriAction: (value) => (value instanceof Map ? new Map([...value, ["URI", address(source.get(value.get("URI")), removed)]]) : value),
    ...Object.fromEntries(CODED.map((kind) => [kind, again])),
    ...Object.fromEntries(PICTURES.map((kind) => [kind, picture])),
  };
}

/**
 * @param {import("./source.js").Held} held @param {Set<string>} removed is told when it is none to follow
 * @returns {Uint8Array<ArrayBuffer> | null} the address as the table wants it; null when it cannot be
 */
function address(held, removed) {
  const text = held instanceof Uint8Array ? fromLatin(held).trim() : "";
  try {
    const { href } = new URL(text.replace(/^www\./i, "http://$&").replace(/^tel:.*/i, (call) => call.replace(/\(0\)|[\s().-]|%20/g, "")));
    if (LINK.test(href)) return latin(href);
  } catch {
    // it is not even an address
  }
  removed.add("link");
  return null;
}

/**
 * A stream may be reached again; what is made of it is made once.
 * @param {(stream: Stream) => Stream | null} make @returns {import("./walk.js").Mend}
 */
function remembered(make) {
  /** @type {Map<Stream, Stream | null>} */
  const made = new Map();
  return (value) => {
    if (!(value instanceof Stream)) return null;
    const again = made.get(value);
    const stream = again === undefined ? make(value) : again;
    made.set(value, stream);
    return stream;
  };
}
