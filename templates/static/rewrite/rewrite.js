/** A PDF written anew: what shows is kept, what acts and what tells is dropped. Bytes in, bytes out, in browsers and node alike. */

import { drawAnnotations } from "./annotations.js";
import { cleaned } from "./contents.js";
import { coded, decoded, recoded, simplified } from "./filters.js";
import { joined } from "./jpeg.js";
import { lightened } from "./lighter.js";
import { destinationsOf, flattened } from "./pages.js";
import { withoutTraces } from "./pictures.js";
import { removedFrom } from "./removed.js";
import { opened } from "./source.js";
import { Stream, Unwritable, fromLatin, latin } from "./values.js";
import { LINK, copied, copiedAlone } from "./walk.js";
import { written } from "./writer.js";

/** @typedef {import("./source.js").Source} Source */

const DRAWN = ["Content", "Form", "TilingPattern"];
const CODED = ["PlainStream", "FontFile", "CMap", "SampledFunction", "CalculatorFunction", "FreeTriangleShading", "LatticeTriangleShading", "PatchShading"];
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
  drawAnnotations(source, pages);
  const made = mends(source, pages, removed);
  const catalog = copied(source, made);
  if (!cleaned(catalog, (picture) => copiedAlone(source, made, "Image", picture), removed)) throw new Unwritable("empty");
  let whole = written(catalog);
  if (whole.length > HEAVY) {
    await lightened(catalog);
    whole = written(catalog);
  }
  return { bytes: whole, removed: [...removed] };
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
  const plain = remembered((stream) => {
    const content = decoded(source, stream);
    return content && new Stream(withResources(recoded(stream, "FlateDecode")), content);
  });
  /** @type {Map<import("./walk.js").Dictionary, import("./walk.js").Dictionary>} */
  const joinedPages = new Map();
  /** @param {import("./walk.js").Dictionary} page whose contents become one */
  const joinedPage = (page) => {
    const held = page.get("Contents");
    const streams = (source.get(held) instanceof Stream ? [held] : source.array(held)).map((part) => source.get(part)).filter((part) => part instanceof Stream);
    const parts = streams.map((stream) => decoded(source, stream)).filter((part) => part !== null);
    if (parts.length < streams.length) removed.add("unlike");
    const content = new Stream(new Map(), joined(parts.flatMap((part) => [part, latin("\n")])));
    const known = joinedPages.get(page) || new Map([...page, ["Contents", source.add(content)]]);
    joinedPages.set(page, known);
    return known;
  };
  const picture = remembered((stream) => withoutTraces(simplified(source, stream), removed));
  return {
    Page: (value) => (listed.has(value) && value instanceof Map ? joinedPage(value) : null),
    Type3Font: (value) => (value instanceof Map ? withResources(value) : null),
    LinkAnnotation: leading("Dest"),
    OutlineItem: leading("Dest"),
    GoToAction: leading("D"),
    UriAction: (value) => (value instanceof Map ? new Map([...value, ["URI", address(source.get(value.get("URI")), removed)]]) : value),
    ...Object.fromEntries(DRAWN.map((kind) => [kind, plain])),
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

/** Viewers look elsewhere for what one has none of, each in another place. @param {import("./walk.js").Dictionary} entries */
const withResources = (entries) => new Map([["Resources", new Map()], ...entries]);
