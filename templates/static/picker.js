/** One drop zone: the file chosen for one kind of document, and what is wrong with it. */

import { readDocument } from "./document.js";
import { byId, say, tellField } from "./dom.js";
import { size, words } from "./french.js";

const HINT = "Glissez le fichier ici, ou";

/** @typedef {{bytes: Uint8Array, name: string, photo: boolean}} Chosen what was chosen, already read */

export class Picker {
  /**
   * @param {string} kind "cv" or "lettre": the start of every identifier of its part of the page
   * @param {{maxBytes: number, changed: () => void, office: () => void}} on `office`: a word processor's file was chosen
   */
  constructor(kind, on) {
    this.kind = kind;
    this.on = on;
    /** @type {Chosen | null} */
    this.chosen = null;
    this.reading = 0;
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
    zone.querySelector(".glisse").textContent = over ? "Lâchez, c’est ici" : HINT;
  }

  /** @param {File[]} files */
  async pick(files) {
    this.input.value = ""; // so that choosing the same file again, once mended, is heard
    if (!files.length) return;
    const turn = (this.reading += 1);
    byId(`${this.kind}-zone`).querySelector(".glisse").textContent = "Lecture du fichier";
    const read = files.length > 1
      ? { refusal: "Un seul fichier par case : s’il y a plusieurs pages, réunissez-les dans un PDF." }
      : await readDocument(files[0], { kind: this.kind, maxBytes: this.on.maxBytes });
    if (turn !== this.reading) return; // another file was chosen meanwhile
    this.hover(false);
    if (read.bytes) this.take({ ...read, name: files[0].name });
    else this.refuse(read);
  }

  /** Let the document go. @param {string} why told beside the zone; "" for nothing */
  drop(why) {
    this.reading += 1;
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
    tellField(this.kind, refusal + (this.chosen ? " Le fichier choisi avant est gardé." : ""));
    if (office) this.on.office();
    this.focus();
  }

  show() {
    byId(`${this.kind}-zone`).hidden = Boolean(this.chosen);
    byId(`${this.kind}-choisi`).hidden = !this.chosen;
    if (this.chosen) {
      const row = byId(`${this.kind}-ligne`);
      const { photo, bytes, name } = this.chosen;
      row.querySelector(".taille").textContent = ` · ${size(bytes.length)}`;
      row.querySelector(".etat span").textContent = photo ? "Photo devenue un PDF" : `Choisi${words(this.kind).e}`;
      byId(`${this.kind}-nom`).textContent = name;
    }
    this.on.changed();
  }
}
