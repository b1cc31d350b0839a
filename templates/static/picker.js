/** One drop zone: the file chosen for one kind of document, and what is wrong with it. */

import { bindPhotos, readDocument } from "./document.js";
import { byId, find, say, setIcon, tell, tellField } from "./dom.js";
import { size, words } from "./french.js";
import { showPhotos } from "./photos.js";

const HINT = "Glissez le fichier ici, ou";
export const READING = "Préparation du document…";

const MUCH = 0.8; // of the size before: whoever sees less should know why

/** @typedef {import("./document.js").Prepared & {name: string, url: string}} Chosen the document that leaves, and where it can be seen */

export class Picker {
  /**
   * @param {string} kind "cv" or "lettre": the start of every identifier of its part of the page
   * @param {{maxBytes: number, rewriter: string, changed: () => void, office: () => void,
   *   findSame: (bytes: Uint8Array) => string}} on `office`: a word processor's file was chosen; `findSame`: the kind that these bytes are already
   */
  constructor(kind, on) {
    this.kind = kind;
    this.on = on;
    this.how = { ...on, kind };
    /** @type {Chosen | null} */
    this.chosen = null;
    this.turn = 0;
    this.reading = false; // what was chosen before must not leave meanwhile
    this.input = byId(kind, "input");
    this.input.addEventListener("change", () => this.pick(this.input.files));
    this.adding = byId(`${kind}-ajouter`, "input");
    this.adding.addEventListener("change", () => this.pick(this.adding.files, this.chosen));
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
    find(zone, ".glisse").textContent = over ? "Lâchez, c’est ici" : this.reading ? READING : HINT;
  }

  /** @param {FileList | null} [files] @param {Chosen | null} [before] whose photos they follow */
  async pick(files, before) {
    const ordered = [...(files || [])].sort((a, b) => a.name.localeCompare(b.name, "fr", { numeric: true }));
    this.input.value = this.adding.value = ""; // so that choosing the same file again, once mended, is heard
    if (!ordered.length) return;
    const name = before?.photos.length ? before.name : ordered[0].name;
    await this.prepare(() => readDocument(ordered, before?.photos || [], this.how), name);
  }

  /** @param {() => ReturnType<typeof readDocument>} make @param {string} name */
  async prepare(make, name) {
    const turn = (this.turn += 1);
    this.reading = true;
    this.show();
    say(READING);
    const made = await make();
    if (turn !== this.turn) return; // another file was chosen meanwhile
    this.reading = false;
    const same = "bytes" in made ? this.on.findSame(made.bytes) : "";
    if (same && same !== this.kind) this.refuse({ refusal: `C’est le même fichier que ${words(same).the}. Choisissez ${words(this.kind).the}.`, office: false });
    else if ("bytes" in made) this.take({ ...made, name, url: URL.createObjectURL(new Blob([made.bytes], { type: "application/pdf" })) });
    else this.refuse(made);
    this.focus();
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
    say(`${words(this.kind).title} : ${this.state(chosen)}, ${size(chosen.bytes.length)}. ${this.told(chosen)}`);
  }

  /** @param {import("./document.js").Refused} made */
  refuse({ refusal, office }) {
    this.show();
    tellField(this.kind, refusal + (this.chosen ? " Le fichier choisi avant est gardé." : ""));
    if (office) this.on.office();
  }

  /** @param {Chosen} chosen @returns {string} what the document is */
  state({ photos }) {
    if (!photos.length) return `Prêt${words(this.kind).e}`;
    return photos.length > 1 ? `${photos.length} photos devenues un PDF` : "Photo devenue un PDF";
  }

  /** @param {Chosen} chosen @returns {string} what was changed of it: what was taken out, and its size where that is another */
  told({ bytes, before, removed }) {
    const smaller = bytes.length < MUCH * before && before > 500_000 ? `Allégé${words(this.kind).e} : de ${size(before)} à ${size(bytes.length)}.` : "";
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
      setIcon(find(row, ".etat"), this.reading ? "cloche" : "tick");
      find(row, ".etat span").textContent = this.reading ? READING : this.state(this.chosen);
      find(row, ".taille").textContent = this.reading ? "" : ` · ${size(bytes.length)}`;
      byId(`${this.kind}-nom`).textContent = this.reading ? "" : name;
      tell(`${this.kind}-dit`, this.reading ? "" : this.told(this.chosen));
      byId(`${this.kind}-voir`).hidden = this.reading;
      byId(`${this.kind}-voir`, "a").href = url;
      showPhotos(this.kind, this.reading ? [] : photos, (changed) => this.prepare(() => bindPhotos(changed, this.how), name));
    }
    this.on.changed();
  }
}
