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
import { Ref, Stream, Unwritable, fromLatin, name } from "./values.js";

const MOST = 999_999_999; // what the canonical form writes
const NEVER = Infinity; // the parser stops for nobody: this is a worker

export class Source {
  /** @param {import("@cantoo/pdf-lib").PDFContext} context */
  constructor(context) {
    this.context = context;
    this.refs = new Map();
    this.values = new Map();
    /** What the last trailer names: Root, Info, Encrypt. */
    this.trailer = new Map(Object.entries(context.trailerInfo).map(([key, value]) => [key, this.read(value)]));
  }

  /** @param {any} value @returns {any} what it leads to when it is a reference; null when to nothing */
  get(value) {
    for (let steps = 0; value instanceof Ref && steps < 8; steps += 1) value = this.values.has(value) ? this.values.get(value) : this.load(value);
    return value === undefined || value instanceof Ref ? null : value;
  }

  /** @param {any} value @returns {Map<string, any>} the dictionary it leads to, a stream's own too; an empty one when to none */
  dictionary(value) {
    const there = this.get(value);
    if (there instanceof Stream) return there.dictionary;
    return there instanceof Map ? there : new Map();
  }

  /** @param {any} value @returns {any[]} the array it leads to; an empty one when to none */
  array(value) {
    const there = this.get(value);
    return Array.isArray(there) ? there : [];
  }

  /** @param {any} value @returns {number[]} the array of numbers it leads to; an empty one when to none */
  numbers(value) {
    const items = this.array(value).map((item) => this.get(item));
    return items.every((item) => typeof item === "number") ? items : [];
  }

  /** @param {any} value @returns {string} the text of the name it leads to, or "" */
  name(value) {
    const there = this.get(value);
    return (there && there.text) || "";
  }

  /** Put a value under a reference of its own. @param {any} value @returns {Ref} */
  add(value) {
    const ref = new Ref();
    this.values.set(ref, value);
    return ref;
  }

  /** @param {Ref} ref @param {any} value */
  set(ref, value) {
    this.values.set(ref, value);
  }

  /** @returns {any[]} every object that the document holds, reached or not */
  all() {
    return [...this.context.indirectObjects.keys()].map((ref) => this.get(this.read(ref)));
  }

  /** @param {Ref} ref */
  load(ref) {
    const value = this.read(this.context.indirectObjects.get(this.refs.get(ref)));
    this.values.set(ref, value);
    return value;
  }

  /** @param {any} value of the library @returns {any} */
  read(value) {
    if (value instanceof PDFRef) {
      if (!this.refs.has(value)) {
        const ref = new Ref();
        this.refs.set(value, ref).set(ref, value);
      }
      return this.refs.get(value);
    }
    if (value instanceof PDFName) return name(fromLatin(value.asBytes()));
    if (value instanceof PDFNumber) return Math.max(-MOST, Math.min(MOST, value.asNumber()));
    if (value instanceof PDFBool) return value.asBoolean();
    if (value instanceof PDFString || value instanceof PDFHexString) return value.asBytes();
    if (value instanceof PDFArray) return value.asArray().map((item) => this.read(item));
    if (value instanceof PDFStream) return new Stream(this.read(value.dict), value.getContents());
    if (!(value instanceof PDFDict)) return null;
    return new Map(value.entries().map(([key, item]) => [fromLatin(key.asBytes()), this.read(item)]));
  }
}

/** @param {Uint8Array} bytes @returns {Promise<Source>} @throws {Unwritable} */
export async function opened(bytes) {
  const context = await parsed(bytes);
  const { Encrypt, ID } = context.trailerInfo;
  if (!Encrypt || !context.lookup(Encrypt)) return new Source(context);
  return new Source(await parsed(bytes, keyWithoutPassword(context.lookup(Encrypt), context.lookup(ID))));
}

/** Many documents are locked against changes alone, and open without a password. */
function keyWithoutPassword(encryption, identifiers) {
  try {
    return new CipherTransformFactory(encryption, identifiers ? identifiers.get(0).asBytes() : new Uint8Array(), "");
  } catch {
    throw new Unwritable("password");
  }
}

/** @param {Uint8Array} bytes @param {CipherTransformFactory} [key] */
async function parsed(bytes, key) {
  try {
    const parser = PDFParser.forBytesWithOptions(bytes, NEVER, false, false, false, key);
    return await parser.parseDocument();
  } catch {
    throw new Unwritable("broken");
  }
}
