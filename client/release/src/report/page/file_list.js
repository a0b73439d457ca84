// The files: a list to search.

class FileList {
  constructor(model) {
    this.model = model;
    this.search = element("input", { type: "search", placeholder: "part of a path", spellcheck: "false", oninput: () => replaceRoute({ files: "", q: this.search.value || undefined, ...this.#order() }) });
    this.sort = element("select", { onchange: () => replaceRoute({ files: "", q: this.search.value || undefined, ...this.#order() }) },
      element("option", { value: "" }, "path"), element("option", { value: "changed" }, "changed lines"), element("option", { value: "unexplained" }, "unexplained lines"));
    this.counter = element("p", { class: "counter", role: "status" });
    const body = element("div", { class: "rows", role: "rowgroup" });
    this.grid = element("div", { class: "grid files", role: "grid", "aria-label": "Files" },
      element("div", { role: "rowgroup" }, element("div", { class: "head", role: "row" },
        ...["Path", "Changed", "Unexplained", "Explained", "Hunks", "Note"].map((title) => element("span", { role: "columnheader", class: title.toLowerCase() }, title)))), body);
    this.list = new VirtualList(body, { rowHeight: 30, renderRow: (row) => this.#row(this.shown[row]) });
    this.element = element("section", { class: "view", "aria-label": "Files" },
      element("form", { class: "filters", role: "search", "aria-label": "Filter files", onsubmit: (event) => event.preventDefault() },
        element("label", {}, element("span", {}, "Search"), this.search), element("label", {}, element("span", {}, "Order by"), this.sort)),
      this.counter, this.grid);
  }

  show(route) {
    const text = route.get("q") ?? "";
    const order = route.get("sort") ?? "";
    if (this.search !== document.activeElement) this.search.value = text;
    this.sort.value = order;
    if (this.wanted === `${order} ${text}`) return;
    this.wanted = `${order} ${text}`;
    const { path, changed, explained } = this.model.files;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = path.map((_, file) => file).filter((file) => words.every((word) => path[file].toLowerCase().includes(word)));
    if (order === "changed") this.shown.sort((a, b) => changed[b] - changed[a]);
    if (order === "unexplained") this.shown.sort((a, b) => changed[b] - explained[b] - changed[a] + explained[a]);
    this.counter.textContent = this.shown.length === path.length ? count(path.length, "file") : `${number(this.shown.length)} of ${count(path.length, "file")}`;
    this.list.reset(this.shown.length);
  }

  focusSearch() {
    this.search.focus();
  }

  #order() {
    return { sort: this.sort.value || undefined };
  }

  #row(file) {
    const { path, changed, explained, hunks, note } = this.model.files;
    const cell = (name, ...children) => element("span", { class: name, role: "gridcell" }, ...children);
    const share = changed[file] ? explained[file] / changed[file] : undefined;
    return element("div", {},
      cell("path", element("a", { href: fileAddress(path[file]), title: path[file] }, path[file])),
      cell("changed", number(changed[file])),
      cell("unexplained", number(changed[file] - explained[file])),
      cell("explained", share === undefined ? "–" : percent(share), share !== undefined && shareBar(share)),
      cell("hunks", number(hunks[file])),
      cell("note", note[file]));
  }
}
