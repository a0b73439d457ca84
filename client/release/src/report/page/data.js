// Loading data files. A page that was opened from disk may not fetch, but it may add scripts.

const awaited = new Map();

Object.defineProperty(window, "hunktraceData", { value: (name, value) => awaited.get(name)?.(value) });

/** Loads a data file, given by its name without folder and ending. */
function loadData(name) {
  return new Promise((resolve, reject) => {
    const path = `report-data/${name}.js`;
    const script = element("script", { src: path, nonce: "hunktrace" });
    const failed = (why) => reject(new Error(`${path} ${why}. Keep report.html and the folder report-data together, or write the report again.`));
    awaited.set(name, resolve);
    script.addEventListener("error", () => failed("cannot be loaded"));
    script.addEventListener("load", () => {
      // A second settling of the promise has no effect.
      failed("is damaged");
      awaited.delete(name);
      script.remove();
    });
    document.head.append(script);
  });
}

/** A list of values in several data files; `firsts` has the first value of each. */
class ChunkedList {
  /** How many data files stay in memory, at about half a megabyte each. */
  static KEPT = 24;

  constructor(kind, firsts) {
    this.kind = kind;
    this.firsts = firsts;
    this.loads = new Map();
  }

  async get(index) {
    let chunk = this.firsts.length - 1;
    while (this.firsts[chunk] > index) chunk -= 1;
    const values = await this.#load(chunk);
    return values[index - this.firsts[chunk]];
  }

  #load(chunk) {
    const load = this.loads.get(chunk) ?? loadData(`${this.kind}-${chunk}`);
    this.loads.delete(chunk);
    this.loads.set(chunk, load);
    load.catch(() => this.loads.delete(chunk));
    if (this.loads.size > ChunkedList.KEPT) this.loads.delete(this.loads.keys().next().value);
    return load;
  }
}
