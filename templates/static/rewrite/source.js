/** The document that was chosen, as the library reads it: the only module that knows the library. */

import { CipherTransformFactory } from "@cantoo/pdf-lib/es/core/crypto.js";
import PDFArray from "@cantoo/pdf-lib/es/core/objects/PDFArray.js";
import PDFBool from "@cantoo/pdf-lib/es/core/objects/PDFBool.js";
import PDFDict from "@cantoo/pdf-lib/es/core/objects/PDFDict.js";
import PDFHexString from "@cantoo/pdf-lib/es/core/objects/PDFHexString.js";
import PDFName from "@cantoo/pdf-lib/es/core/objects/PDFName.js";
import PDFNumber from "@cantoo/pdf-lib/es/core/objects/PDFNumber.js";
import PDFRef from "@cantoo/pdf-lib/es/core/objects/PDFRef.js";
import PDFStream from "@cantoo/pdf-lib/es/core/objects/PDFStream.js";
import PDFString from "@cantoo/pdf-lib/es/core/objects/PDFString.js";
import PDFParser from "@cantoo/pdf-lib/es/core/parser/PDFParser.js";
import { Name, Ref, Stream, Unwritable, bounded, fromLatin, name } from "./values.js";

/** @typedef {import("./values.js").Value} Value */
/** @typedef {import("./values.js").Dictionary} Dictionary */
/** @typedef {Value | undefined} Held a value, perhaps a reference to it, or what is absent */
/** @typedef {import("@cantoo/pdf-lib/es/core/objects/PDFObject.js").default} PDFObject */

const SPACES = new Map([["1", name("DeviceGray")], ["3", name("DeviceRGB")], ["4", name("DeviceCMYK")]]); // by their channels
const NEVER = Infinity; // the parser stops for nobody: this is a worker

export class Source {
  /** @param {import("@cantoo/pdf-lib/es/core/PDFContext.js").default} context */
  constructor(context) {
    this.context = context;
    /** @type {Map<PDFRef, Ref>} */
    this.refs = new Map();
    /** @type {Map<Ref, PDFRef>} */
    this.origins = new Map();
    /** @type {Map<Ref, Value>} */
    this.values = new Map();
    /** @type {Dictionary} what the last trailer names: Root, Info, Encrypt */
    this.trailer = new Map(Object.entries(context.trailerInfo).map(([key, value]) => [key, this.read(value)]));
  }

  /** @param {Held} held @returns {Value} what it leads to when it is a reference; null when to nothing */
  get(held) {
    for (let steps = 0; held instanceof Ref && steps < 8; steps += 1) held = this.values.has(held) ? this.values.get(held) : this.load(held);
    return held === undefined || held instanceof Ref ? null : held;
  }

  /** @param {Held} value @returns {Dictionary} the dictionary it leads to, a stream's own too; an empty one when to none */
  dictionary(value) {
    const there = this.get(value);
    if (there instanceof Stream) return there.dictionary;
    return there instanceof Map ? there : new Map();
  }

  /** @param {Held} value @returns {Value[]} the array it leads to; an empty one when to none */
  array(value) {
    const there = this.get(value);
    return Array.isArray(there) ? there : [];
  }

  /** @param {Held} value @returns {number[]} the array of numbers it leads to; an empty one when to none */
  numbers(value) {
    const items = this.array(value).map((item) => this.get(item));
    return items.every((item) => typeof item === "number") ? items : [];
  }

  /** @param {Held} value @returns {string} the text of the name it leads to, or "" */
  name(value) {
    const there = this.get(value);
    return there instanceof Name ? there.text : "";
  }

  /** Put a value under a reference of its own. @param {Value} value @returns {Ref} */
  add(value) {
    const ref = new Ref();
    this.values.set(ref, value);
    return ref;
  }

  /** @param {Ref} ref @param {Value} value */
  set(ref, value) {
    this.values.set(ref, value);
  }

  /** @returns {Value[]} every object that the document holds, reached or not */
  all() {
    return this.context.enumerateIndirectObjects().map(([ref]) => this.get(this.read(ref)));
  }

  /** @param {Ref} ref */
  load(ref) {
    const value = this.read(this.context.lookup(this.origins.get(ref)));
    this.values.set(ref, value);
    return value;
  }

  /** @param {PDFObject | undefined} value of the library @returns {Value} */
  read(value) {
    if (value instanceof PDFRef) {
      const ref = this.refs.get(value) || new Ref();
      this.refs.set(value, ref);
      this.origins.set(ref, value);
      return ref;
    }
    if (value instanceof PDFName) return name(fromLatin(bytesOf(value.asBytes())));
    if (value instanceof PDFNumber) return bounded(value.asNumber());
    if (value instanceof PDFBool) return value.asBoolean();
    if (value instanceof PDFString || value instanceof PDFHexString) return bytesOf(value.asBytes());
    if (value instanceof PDFArray) return String(value.get(0)) === "/ICCBased" ? this.readSpace(value.get(1)) : value.asArray().map((item) => this.read(item));
    if (value instanceof PDFStream) return new Stream(this.readDictionary(value.dict), bytesOf(value.getContents()));
    return value instanceof PDFDict ? this.readDictionary(value) : null;
  }

  /** A profile tells of people and devices, and not all viewers heed it: its colours are read as plain ones. @param {PDFObject} held */
  readSpace(held) {
    const profile = this.context.lookup(held);
    return profile instanceof PDFStream ? (SPACES.get(String(profile.dict.lookup(PDFName.of("N")))) ?? null) : null;
  }

  /** @param {PDFDict} dictionary @returns {Dictionary} */
  readDictionary(dictionary) {
    return new Map(dictionary.entries().map(([key, item]) => [fromLatin(bytesOf(key.asBytes())), this.read(item)]));
  }
}

/** @param {Uint8Array} bytes of the library, which shares no memory @returns {Uint8Array<ArrayBuffer>} */
const bytesOf = (bytes) => /** @type {Uint8Array<ArrayBuffer>} */ (bytes);

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Source>} @throws {Unwritable} */
export async function opened(bytes) {
  const context = await parsed(bytes);
  const { Encrypt, ID } = context.trailerInfo;
  const encryption = context.lookup(Encrypt);
  if (!encryption) return new Source(context);
  return new Source(await parsed(bytes, keyWithoutPassword(encryption, context.lookup(ID))));
}

/**
 * Many documents are locked against changes alone, and open without a password.
 * @param {PDFObject} encryption @param {PDFObject | undefined} identifiers
 * @throws {Unwritable}
 */
function keyWithoutPassword(encryption, identifiers) {
  const first = identifiers instanceof PDFArray ? identifiers.get(0) : undefined;
  const identifier = first instanceof PDFString || first instanceof PDFHexString ? first.asBytes() : new Uint8Array();
  if (!(encryption instanceof PDFDict)) throw new Unwritable("password");
  try {
    return new CipherTransformFactory(encryption, identifier, "");
  } catch {
    throw new Unwritable("password");
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {CipherTransformFactory} [key] */
async function parsed(bytes, key) {
  try {
    const parser = PDFParser.forBytesWithOptions(bytes, NEVER, false, false, false, key);
    return await parser.parseDocument();
  } catch {
    throw new Unwritable("broken");
  }
}
