/**
 * Copies of a document what the table of kinds knows, from the catalog on, and nothing else. The server walks what we write by
 * the same table: what is dropped here is refused there.
 *
 * A type of the table is an atom, a literal (« /Page », « 1 »), the name of a kind, « [T] » any number of T, « [T*4] » four,
 * « [T,U] » any number of pairs, « {T} » a dictionary of any names, or several of these parted by « | », of which the first whose
 * shape fits holds.
 */

import KINDS from "kinds.json";
import { Indirect, Name, Ref, Stream, Unwritable, fromLatin, name } from "./values.js";

const DEEPEST = 15; // dictionaries and arrays within one another
/** Where a link may lead out of the document. */
export const LINK = /^(https?:\/\/|mailto:|tel:)[!-[\]-~]+$/;
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
 * @param {import("./source.js").Source} source
 * @param {Record<string, (value: any) => any>} mends by kind: what makes such a value what the table wants, before it is copied
 * @returns {Indirect} the catalog's copy
 * @throws {Unwritable}
 */
export function copied(source, mends) {
  const lost = new Map(); // kinds, by the reference that cannot be kept as one
  for (;;) {
    const walk = new Walk(source, mends, lost);
    const catalog = walk.copy("Catalog", source.trailer.get("Root"), 0);
    if (!catalog) throw new Unwritable("broken");
    if (walk.finish()) return catalog; // else what is lost may have been referred to: walk again without it
  }
}

class Walk {
  constructor(source, mends, lost) {
    this.source = source;
    this.mends = mends;
    this.lost = lost;
    this.copies = new Map();
    this.waiting = [];
  }

  /** Fill what was mentioned. @returns {boolean} whether all of it could be kept */
  finish() {
    let whole = true;
    for (const { ref, kind, value, copy } of this.waiting) {
      copy.value = this.copyDictionary(kind, value, 0);
      if (copy.value) continue;
      whole = false;
      if (!this.lost.has(ref)) this.lost.set(ref, new Set());
      this.lost.get(ref).add(kind);
    }
    return whole;
  }

  /** @param {string} type @param {any} held @param {number} depth @returns {any} */
  copy(type, held, depth) {
    const value = this.source.get(held);
    const chosen = typed(type).find((one) => this.fits(one, value));
    if (!chosen || depth > DEEPEST) return NOTHING;
    const { each, named, kind } = chosen;
    if (each) return this.copyArray(chosen, value, depth);
    if (named) return withoutNothing([...value].map(([key, item]) => [key, this.copy(named, item, depth + 1)]));
    if (!kind) return value;
    if (kind.items) return this.copyTuple(kind.items, value, depth);
    return held instanceof Ref ? this.refer(held, kind, value) : this.copyDictionary(kind, value, depth);
  }

  /** An object is copied once for each kind as which it is reached. */
  refer(ref, kind, value) {
    if (this.lost.has(ref) && this.lost.get(ref).has(kind)) return NOTHING;
    if (!this.copies.has(ref)) this.copies.set(ref, new Map());
    const copies = this.copies.get(ref);
    if (!copies.has(kind)) {
      const copy = new Indirect(value);
      copies.set(kind, copy);
      this.waiting.push({ ref, kind, value, copy });
    }
    return copies.get(kind);
  }

  copyDictionary(kind, given, depth) {
    const value = this.mends[kind.label] ? this.mends[kind.label](given) : given;
    if (!value) return NOTHING;
    const dictionary = value instanceof Stream ? value.dictionary : value;
    const entries = kind.keys.map(({ key, text }) => [key, dictionary.has(key) ? this.copy(text, dictionary.get(key), depth + 1) : NOTHING]);
    if (kind.keys.some(({ required }, place) => required && entries[place][1] === NOTHING)) return NOTHING;
    const copy = withoutNothing(entries);
    return value instanceof Stream ? new Stream(copy, value.bytes) : copy;
  }

  /**
   * What cannot be kept leaves null or zero in its place, where the table allows it. Else an object goes alone, or with its group;
   * a plain value takes the array with it, whose places have a meaning.
   */
  copyArray({ each, count }, value, depth) {
    const items = [];
    for (let at = 0; at + each.length <= value.length; at += each.length) {
      const group = each.map((type, place) => this.copyItem(type, value[at + place], depth + 1, count ? [ATOMS.null] : [ATOMS.null, ATOMS.number]));
      if (!group.includes(NOTHING)) items.push(...group);
      else if (count || !(each.length > 1 || value[at] instanceof Ref || value[at] instanceof Map)) return NOTHING;
    }
    return items;
  }

  /** @param {Function[]} empty atoms of which null, or else zero, may take the place of what cannot be kept */
  copyItem(type, held, depth, empty) {
    const item = this.copy(type, held, depth);
    if (item !== NOTHING) return item;
    const found = empty.find((one) => typed(type).some(({ atom }) => atom === one));
    return found ? (found === ATOMS.null ? null : 0) : NOTHING;
  }

  copyTuple(types, value, depth) {
    const items = value.map((held, place) => this.copyItem(types[place], held, depth + 1, [ATOMS.null]));
    return items.includes(NOTHING) ? NOTHING : items;
  }

  /** @param {Alternative} one @param {any} value @returns {boolean} whether the shape is right */
  fits({ atom, literal, each, count, named, kind }, value) {
    if (atom) return atom(value);
    if (literal !== undefined) return value === literal;
    if (each) return Array.isArray(value) && (!count || value.length === count * each.length);
    if (named) return value instanceof Map;
    if (kind.items) return Array.isArray(value) && this.fitsTuple(kind.items, value);
    const dictionary = kind.stream ? value instanceof Stream && value.dictionary : value;
    const fitsKey = ({ key, text, required }) => !required || key === "Filter" || (isLiteral(text) ? this.fitsHeld(text, dictionary.get(key)) : dictionary.has(key));
    return dictionary instanceof Map && kind.keys.every(fitsKey);
  }

  fitsTuple(types, value) {
    const needed = types.filter((type) => !type.endsWith("?")).length;
    return value.length >= needed && value.length <= types.length && types.every((type, place) => !isLiteral(type) || this.fitsHeld(type, value[place]));
  }

  fitsHeld(type, held) {
    const value = this.source.get(held);
    return typed(type).some((one) => this.fits(one, value));
  }
}

/** @param {[string, any][]} entries @returns {Map<string, any>} */
function withoutNothing(entries) {
  return new Map(entries.filter(([, item]) => item !== NOTHING));
}

/**
 * @typedef {{atom?: (value: any) => boolean, literal?: any, each?: string[], count?: number, named?: string, kind?: Kind}} Alternative
 * @typedef {{label: string, stream: boolean, keys: {key: string, text: string, required: boolean}[], items?: string[]}} Kind
 */

const types = new Map();
const kinds = new Map();

/** @param {string} text @returns {Alternative[]} what a type of the table says; read once */
function typed(text) {
  if (!types.has(text)) types.set(text, parted(text.replace(/\?$/, ""), "|").flatMap(alternatives));
  return types.get(text);
}

/** @param {string} text @param {string} mark @returns {string[]} its parts, by the marks that stand within no bracket */
function parted(text, mark) {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    depth += "[{".includes(character) ? 1 : "]}".includes(character) ? -1 : 0;
    if (character === mark && !depth) parts.push("");
    else parts.push(parts.pop() + character);
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
    const [, each, count] = /^\[(.*?)(?:\*(\d+))?\]$/.exec(text);
    return [{ each: parted(each, ","), count: Number(count || 0) }];
  }
  const other = KINDS.unions[text] || KINDS.arrays[text];
  if (typeof other === "string") return typed(other);
  return [{ kind: kindOf(text) }];
}

/** @param {string} label @returns {Kind} */
function kindOf(label) {
  if (!kinds.has(label)) {
    const keys = Object.entries(KINDS.dictionaries[label] || KINDS.streams[label] || {}).map(([key, text]) => ({ key: key.replace("!", ""), text, required: key.endsWith("!") }));
    kinds.set(label, { label, stream: label in KINDS.streams, keys: keys.filter(({ key }) => key !== "Length"), items: KINDS.arrays[label] });
  }
  return kinds.get(label);
}

/** @param {string} text @returns {boolean} whether a type allows literals alone, which tell one kind from another */
function isLiteral(text) {
  return typed(text).every(({ literal }) => literal !== undefined);
}
