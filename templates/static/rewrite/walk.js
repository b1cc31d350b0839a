/**
 * Copies of a document what the table of kinds knows, from the catalog on, and nothing else. The server walks what we write by
 * the same table: what is dropped here is refused there.
 *
 * A type of the table is an atom, a literal (« /Page », « 1 »), the name of a kind, « [T] » any number of T, « [T*4] » four,
 * « [T,U] » any number of pairs, « {T} » a dictionary of any names, or several of these parted by « | », of which the first whose
 * shape fits holds.
 */

import TABLE from "kinds.json";
import { Indirect, Name, Ref, Stream, Unwritable, fromLatin, name } from "./values.js";

/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./source.js").Held} Held */
/** @typedef {import("./values.js").Value} Value */
/** @typedef {import("./values.js").Dictionary} Dictionary */
/** @typedef {(value: Dictionary | Stream) => Value} Mend what makes of a value what the table wants of its kind; null: it cannot be kept */
/** @typedef {Map<Ref, Set<Kind>>} Lost kinds, by the reference that cannot be kept as one */
/** @typedef {(value: Value) => boolean} Atom */
/** @typedef {Record<string, Record<string, string>>} Entries types, by kind and key */

/** @type {{unions: Record<string, string>, arrays: Record<string, string | string[]>, dictionaries: Entries, streams: Entries}} */
const KINDS = TABLE;

const MENDED = ["Filter", "Resources"]; // may be missing, and is given
const DEEPEST = 15; // dictionaries and arrays within one another
/** Where a link may lead out of the document. */
export const LINK = /^(https?:\/\/[!"$-.0->A-[\]-~]+([/?#][!-[\]-~]*)?|mailto:[!->@-[\]-~]+|tel:\+?[0-9]+)$/;
/** @type {Record<string, Atom>} */
const ATOMS = {
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  string: (value) => value instanceof Uint8Array,
  name: (value) => value instanceof Name,
  null: (value) => value === null,
  uri: (value) => value instanceof Uint8Array && LINK.test(fromLatin(value)),
};
/** What takes its place when it cannot be kept: a value that is left out. */
const NOTHING = undefined;

/**
 * @param {Source} source
 * @param {Record<string, Mend>} mends by kind, before a value is copied
 * @returns {Indirect} the catalog's copy
 * @throws {Unwritable}
 */
export function copied(source, mends) {
  /** @type {Lost} */
  const lost = new Map();
  for (;;) {
    const walk = new Walk(source, mends, lost);
    const catalog = walk.copy("Catalog", source.trailer.get("Root"), 0);
    if (!(catalog instanceof Indirect)) throw new Unwritable("broken");
    if (walk.finish()) return catalog; // else what is lost may have been referred to: walk again without it
  }
}

/** @param {Source} source @param {Record<string, Mend>} mends @param {string} kind @param {Stream} stream that holds no reference @returns {Value | undefined} its copy, where it can be kept */
export function copiedAlone(source, mends, kind, stream) {
  return new Walk(source, mends, new Map()).copy(kind, stream, 0);
}

class Walk {
  /** @param {Source} source @param {Record<string, Mend | undefined>} mends @param {Lost} lost */
  constructor(source, mends, lost) {
    this.source = source;
    this.mends = mends;
    this.lost = lost;
    /** @type {Map<Ref, Map<Kind, Indirect>>} */
    this.copies = new Map();
    /** @type {{ref: Ref, kind: Kind, value: Value, copy: Indirect}[]} */
    this.waiting = [];
  }

  /** Fill what was mentioned. @returns {boolean} whether all of it could be kept */
  finish() {
    let whole = true;
    for (const { ref, kind, value, copy } of this.waiting) {
      const copied = this.copyDictionary(kind, value, 0);
      if (copied) {
        copy.value = copied;
        continue;
      }
      whole = false;
      this.lost.set(ref, new Set([...(this.lost.get(ref) || []), kind]));
    }
    return whole;
  }

  /** @param {string} type @param {Held} held @param {number} depth @returns {Value | undefined} */
  copy(type, held, depth) {
    const value = this.source.get(held);
    const chosen = typed(type).find((alternative) => this.fits(alternative, value));
    if (!chosen || depth > DEEPEST) return NOTHING;
    const { each, count = 0, named, kind } = chosen;
    if (each && Array.isArray(value)) return this.copyArray(each, count, value, depth);
    if (named && value instanceof Map) return withoutNothing([...value].map(([key, item]) => [key, this.copy(named, item, depth + 1)]));
    if (!kind) return value;
    if (kind.items && Array.isArray(value)) return this.copyTuple(kind.items, value, depth);
    return held instanceof Ref ? this.refer(held, kind, value) : this.copyDictionary(kind, value, depth);
  }

  /** An object is copied once for each kind as which it is reached. @param {Ref} ref @param {Kind} kind @param {Value} value */
  refer(ref, kind, value) {
    if (this.lost.get(ref)?.has(kind)) return NOTHING;
    const copies = this.copies.get(ref) || new Map();
    this.copies.set(ref, copies);
    const known = copies.get(kind);
    if (known) return known;
    const copy = new Indirect(value);
    copies.set(kind, copy);
    this.waiting.push({ ref, kind, value, copy });
    return copy;
  }

  /** @param {Kind} kind @param {Value} given @param {number} depth @returns {Dictionary | Stream | undefined} */
  copyDictionary(kind, given, depth) {
    const mend = this.mends[kind.label];
    const value = mend && (given instanceof Map || given instanceof Stream) ? mend(given) : given;
    const dictionary = value instanceof Stream ? value.dictionary : value;
    if (!(dictionary instanceof Map)) return NOTHING;
    /** @type {[string, Value | undefined][]} */
    const entries = kind.keys.map(({ key, text }) => [key, dictionary.has(key) ? this.copy(text, dictionary.get(key), depth + 1) : NOTHING]);
    if (kind.keys.some(({ required }, place) => required && entries[place][1] === NOTHING)) return NOTHING;
    const copy = withoutNothing(entries);
    return value instanceof Stream ? new Stream(copy, value.bytes) : copy;
  }

  /**
   * What cannot be kept leaves null or zero in its place, where the table allows it. Else an object goes alone, or with its group;
   * a plain value takes the array with it, whose places have a meaning.
   * @param {string[]} each @param {number} count @param {Value[]} value @param {number} depth
   */
  copyArray(each, count, value, depth) {
    /** @type {Value[]} */
    const items = [];
    for (let at = 0; at + each.length <= value.length; at += each.length) {
      const group = each.map((type, place) => this.copyItem(type, value[at + place], depth + 1, count ? [ATOMS.null] : [ATOMS.null, ATOMS.number]));
      if (isWhole(group)) items.push(...group);
      else if (count || !(each.length > 1 || value[at] instanceof Ref || value[at] instanceof Map)) return NOTHING;
    }
    return items;
  }

  /** @param {string} type @param {Held} held @param {number} depth @param {Atom[]} empty atoms of which null, or else zero, may take the place of what cannot be kept */
  copyItem(type, held, depth, empty) {
    const item = this.copy(type, held, depth);
    if (item !== NOTHING) return item;
    const allowed = empty.find((instead) => typed(type).some(({ atom }) => atom === instead));
    if (!allowed) return NOTHING;
    return allowed === ATOMS.null ? null : 0;
  }

  /** @param {string[]} types @param {Value[]} value @param {number} depth */
  copyTuple(types, value, depth) {
    const items = value.map((held, place) => this.copyItem(types[place], held, depth + 1, [ATOMS.null]));
    return isWhole(items) ? items : NOTHING;
  }

  /** @param {Alternative} alternative @param {Value} value @returns {boolean} whether the shape is right */
  fits({ atom, literal, each, count, named, kind }, value) {
    if (atom) return atom(value);
    if (literal !== undefined) return value === literal;
    if (each) return Array.isArray(value) && (!count || value.length === count * each.length);
    if (named || !kind) return value instanceof Map;
    if (kind.items) return Array.isArray(value) && this.fitsTuple(kind.items, value);
    const dictionary = kind.stream ? value instanceof Stream && value.dictionary : value;
    if (!(dictionary instanceof Map)) return false;
    return kind.keys.every(({ key, text, required }) => !required || MENDED.includes(key) || (isLiteral(text) ? this.fitsHeld(text, dictionary.get(key)) : dictionary.has(key)));
  }

  /** @param {string[]} types @param {Value[]} value */
  fitsTuple(types, value) {
    const needed = types.filter((type) => !type.endsWith("?")).length;
    return value.length >= needed && value.length <= types.length && types.every((type, place) => !isLiteral(type) || this.fitsHeld(type, value[place]));
  }

  /** @param {string} type @param {Held} held */
  fitsHeld(type, held) {
    const value = this.source.get(held);
    return typed(type).some((alternative) => this.fits(alternative, value));
  }
}

/** @param {[string, Value | undefined][]} entries @returns {Dictionary} */
function withoutNothing(entries) {
  return new Map(entries.flatMap(([key, item]) => (item === NOTHING ? [] : [[key, item]])));
}

/** @param {(Value | undefined)[]} items @returns {items is Value[]} */
const isWhole = (items) => !items.includes(NOTHING);

/**
 * @typedef {{atom?: Atom, literal?: Name | number, each?: string[], count?: number, named?: string, kind?: Kind}} Alternative
 * @typedef {{label: string, stream: boolean, keys: {key: string, text: string, required: boolean}[], items?: string[]}} Kind
 */

/** @type {Map<string, Alternative[]>} */
const types = new Map();
/** @type {Map<string, Kind>} */
const kinds = new Map();

/** @param {string} text @returns {Alternative[]} what a type of the table says; read once */
function typed(text) {
  const read = types.get(text) || parted(text.replace(/\?$/, ""), "|").flatMap(alternatives);
  types.set(text, read);
  return read;
}

/** @param {string} text @param {string} mark @returns {string[]} its parts, by the marks that stand within no bracket */
function parted(text, mark) {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    depth += "[{".includes(character) ? 1 : "]}".includes(character) ? -1 : 0;
    if (character === mark && !depth) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** @param {string} text @returns {Alternative[]} */
function alternatives(text) {
  if (ATOMS[text]) return [{ atom: ATOMS[text] }];
  if (text.startsWith("/")) return [{ literal: name(text.slice(1)) }];
  if (/^\d+$/.test(text)) return [{ literal: Number(text) }];
  if (text.startsWith("{")) return [{ named: text.slice(1, -1) }];
  if (text.startsWith("[")) {
    const [, each = "", count] = /^\[(.*?)(?:\*(\d+))?\]$/.exec(text) || [];
    return [{ each: parted(each, ","), count: Number(count || 0) }];
  }
  const other = KINDS.unions[text] || KINDS.arrays[text];
  if (typeof other === "string") return typed(other);
  return [{ kind: kindOf(text) }];
}

/** @param {string} label @returns {Kind} */
function kindOf(label) {
  const known = kinds.get(label);
  if (known) return known;
  const keys = Object.entries(KINDS.dictionaries[label] || KINDS.streams[label] || {}).map(([key, text]) => ({ key: key.replace("!", ""), text, required: key.endsWith("!") }));
  const items = KINDS.arrays[label];
  const kind = { label, stream: label in KINDS.streams, keys: keys.filter(({ key }) => key !== "Length"), items: Array.isArray(items) ? items : undefined };
  kinds.set(label, kind);
  return kind;
}

/** @param {string} text @returns {boolean} whether a type allows literals alone, which tell one kind from another */
function isLiteral(text) {
  return typed(text).every(({ literal }) => literal !== undefined);
}
