/** One drop zone: the file chosen for one kind of document, and what is wrong with it. */

import { bindPhotos, readDocument } from "./document.js";
import { byId, say, setIcon, tell, tellField } from "./dom.js";
import { size, words } from "./french.js";
import { showPhotos } from "./photos.js";

const HINT = "Glissez le fichier ici, ou";
export const READING = "Préparation du document…";

const MUCH = 0.8; // of the size before: whoever sees less should know why

/** @typedef {import("./document.js").Prepared & {name: string, url: string}} Chosen the document that leaves, and where it can be seen */

export class Picker {
  /**
   * @param {string} kind "cv" or "lettre": the start of every identifier of its part of the page
   * @param {{maxBytes: number, rewriter: string, changed: () => void, office: () => void}} on `office`: a word processor's file was chosen
   */
  constructor(kind, on) {
    this.kind = kind;
    this.on = on;
    this.how = { kind, maxBytes: on.maxBytes, rewriter: on.rewriter };
    /** @type {Chosen | null} */
    this.chosen = null;
    this.turn = 0;
    this.reading = false; // what was chosen before must not leave meanwhile
    this.input = byId(kind);
    this.input.setAttribute("aria-describedby", "consigne");
    this.input.removeAttribute("name"); // nothing of it may ever be sent as it is
    this.input.addEventListener("change", () => this.pick([...this.input.files]));
    this.adding = byId(`${kind}-ajouter`);
    this.adding.addEventListener("change", () => this.pick([...this.adding.files], this.chosen.photos));
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

  /** @param {File[]} files @param {import("./document.js").Photo[]} [before] photos that they follow */
  async pick(files, before = []) {
    const ordered = [...files].sort((a, b) => a.name.localeCompare(b.name, "fr", { numeric: true }));
    this.input.value = this.adding.value = ""; // so that choosing the same file again, once mended, is heard
    if (!files.length) return;
    const name = before.length ? this.chosen.name : ordered[0].name;
    await this.prepare(() => readDocument(ordered, before, this.how), name, () => this.focus());
  }

  /** @param {() => ReturnType<typeof readDocument>} make @param {string} name @param {() => void} focus where she goes on */
  async prepare(make, name, focus) {
    const turn = (this.turn += 1);
    this.reading = true;
    this.show();
    say(READING);
    const made = await make();
    if (turn !== this.turn) return; // another file was chosen meanwhile
    this.reading = false;
    if (made.bytes) this.take({ ...made, name, url: URL.createObjectURL(new Blob([made.bytes], { type: "application/pdf" })) });
    else this.refuse(made);
    focus();
  }

  /** Let the document go. @param {string} why told beside the zone; "" for nothing */
  drop(why) {
    this.turn += 1;
    this.reading = false;
    this.forget();
    this.show();
    tellField(this.kind, why);
  }

  focus() {
    (this.chosen ? byId(`${this.kind}-changer`) : this.input).focus();
  }

  /** Nothing of it stays in the page. */
  forget() {
    if (this.chosen) URL.revokeObjectURL(this.chosen.url);
    this.chosen = null;
  }

  /** @param {Chosen} chosen */
  take(chosen) {
    this.forget();
    this.chosen = chosen;
    tellField(this.kind, "");
    this.show();
    say(`${words(this.kind).title} : ${this.state()}, ${size(chosen.bytes.length)}. ${this.told()}`);
  }

  /** @param {import("./document.js").Refused} made */
  refuse({ refusal, office }) {
    this.show();
    tellField(this.kind, refusal + (this.chosen ? " Le fichier choisi avant est gardé." : ""));
    if (office) this.on.office();
  }

  /** @returns {string} what the document is */
  state() {
    const { photos } = this.chosen;
    if (!photos.length) return `Prêt${words(this.kind).e}`;
    return photos.length > 1 ? `${photos.length} photos devenues un PDF` : "Photo devenue un PDF";
  }

  /** @returns {string} what was changed of it: what was taken out, and its size where that is another */
  told() {
    const { bytes, before, removed } = this.chosen;
    const smaller = bytes.length < MUCH * before && before > 500_000 ? `Allégé${words(this.kind).e} : de ${size(before)} à ${size(bytes.length)}.` : "";
    return [removed, smaller].filter(Boolean).join(" ");
  }

  show() {
    byId(`${this.kind}-zone`).hidden = Boolean(this.chosen);
    byId(`${this.kind}-choisi`).hidden = !this.chosen;
    this.hover(false);
    if (this.chosen) {
      const row = byId(`${this.kind}-ligne`);
      const { photos, bytes, name, url } = this.chosen;
      row.classList.toggle("bien", !this.reading);
      setIcon(row.querySelector(".etat"), this.reading ? "cloche" : "tick");
      row.querySelector(".etat span").textContent = this.reading ? READING : this.state();
      row.querySelector(".taille").textContent = this.reading ? "" : ` · ${size(bytes.length)}`;
      byId(`${this.kind}-nom`).textContent = this.reading ? "" : name;
      tell(`${this.kind}-dit`, this.reading ? "" : this.told());
      byId(`${this.kind}-voir`).hidden = this.reading;
      byId(`${this.kind}-voir`).href = url;
      showPhotos(this.kind, this.reading ? [] : photos, (changed) => this.prepare(() => bindPhotos(changed, this.how), name, () => this.focus()));
    }
    this.on.changed();
  }
}
