/** One drop zone: the file chosen for one kind of document, and what is wrong with it. */

import { readDocument } from "./document.js";
import { byId, say, setIcon, tellField } from "./dom.js";
import { size, words } from "./french.js";

const HINT = "Glissez le fichier ici, ou";
export const READING = "Préparation du document…";

/** @typedef {{bytes: Uint8Array, name: string, photo: boolean}} Chosen what was chosen, already read */

export class Picker {
  /**
   * @param {string} kind "cv" or "lettre": the start of every identifier of its part of the page
   * @param {{maxBytes: number, rewriter: string, changed: () => void, office: () => void}} on `office`: a word processor's file was chosen
   */
  constructor(kind, on) {
    this.kind = kind;
    this.on = on;
    /** @type {Chosen | null} */
    this.chosen = null;
    this.turn = 0;
    this.reading = false; // what was chosen before must not leave meanwhile
    this.input = byId(kind);
    this.input.setAttribute("aria-describedby", "consigne");
    this.input.removeAttribute("name"); // nothing of it may ever be sent as it is
    this.input.addEventListener("change", () => this.pick([...this.input.files]));
    byId(`${kind}-changer`).addEventListener("click", () => this.input.click());
    byId(`${kind}-retirer`).addEventListener("click", () => {
      this.drop("");
      this.input.focus();
    });
  }

  /** @param {EventTarget | null} target @returns {boolean} whether that is in this part of the page */
  holds(target) {
    return target instanceof Node && byId(`${this.kind}-champ`).contains(target);
  }

  /** Show that a file hovers, or no more. @param {boolean} over */
  hover(over) {
    const zone = byId(`${this.kind}-zone`);
    zone.classList.toggle("dessus", over);
    zone.querySelector(".glisse").textContent = over ? "Lâchez, c’est ici" : this.reading ? READING : HINT;
  }

  /** @param {File[]} files */
  async pick(files) {
    this.input.value = ""; // so that choosing the same file again, once mended, is heard
    if (!files.length) return;
    const turn = (this.turn += 1);
    this.reading = true;
    this.show();
    say(READING);
    const read = files.length > 1
      ? { refusal: "Un seul fichier par case : s’il y a plusieurs pages, réunissez-les dans un PDF." }
      : await readDocument(files[0], { kind: this.kind, maxBytes: this.on.maxBytes, rewriter: this.on.rewriter });
    if (turn !== this.turn) return; // another file was chosen meanwhile
    this.reading = false;
    if (read.bytes) this.take({ ...read, name: files[0].name });
    else this.refuse(read);
  }

  /** Let the document go. @param {string} why told beside the zone; "" for nothing */
  drop(why) {
    this.turn += 1;
    this.reading = false;
    this.chosen = null;
    this.show();
    tellField(this.kind, why);
  }

  focus() {
    (this.chosen ? byId(`${this.kind}-changer`) : this.input).focus();
  }

  /** @param {Chosen} chosen */
  take(chosen) {
    this.chosen = chosen;
    tellField(this.kind, "");
    this.show();
    const became = chosen.photo ? "la photo est devenue un PDF, " : "";
    say(`${words(this.kind).title} : fichier choisi, ${became}${size(chosen.bytes.length)}`);
    this.focus();
  }

  /** @param {{refusal: string, office?: boolean}} read */
  refuse({ refusal, office }) {
    this.show();
    tellField(this.kind, refusal + (this.chosen ? " Le fichier choisi avant est gardé." : ""));
    if (office) this.on.office();
    this.focus();
  }

  show() {
    byId(`${this.kind}-zone`).hidden = Boolean(this.chosen);
    byId(`${this.kind}-choisi`).hidden = !this.chosen;
    this.hover(false);
    if (this.chosen) {
      const row = byId(`${this.kind}-ligne`);
      const { photo, bytes, name } = this.chosen;
      const state = photo ? "Photo devenue un PDF" : `Choisi${words(this.kind).e}`;
      row.classList.toggle("bien", !this.reading);
      setIcon(row.querySelector(".etat"), this.reading ? "cloche" : "tick");
      row.querySelector(".etat span").textContent = this.reading ? READING : state;
      row.querySelector(".taille").textContent = this.reading ? "" : ` · ${size(bytes.length)}`;
      byId(`${this.kind}-nom`).textContent = this.reading ? "" : name;
    }
    this.on.changed();
  }
}
