// The commits: filters, the list, and beside it the commit that is open.

/** The columns: `of` is what they are sorted by, `order` what the first click on their heading gives. */
const COMMIT_COLUMNS = [
  { key: "subject", title: "Subject", order: "ascending", of: (model, i) => model.commits.subject[i].toLowerCase() },
  { key: "commit", title: "Commit", order: "ascending", of: (model, i) => model.commits.commit[i] },
  { key: "release", title: "First release", order: "ascending", of: (model, i) => model.commits.release[i] },
  { key: "status", title: "Status", order: "ascending", of: (model, i) => model.commits.status[i] },
  { key: "confidence", title: "Confidence", order: "descending", of: (model, i) => model.commits.confidence[i] },
  { key: "lines", title: "Lines", order: "descending", of: (model, i) => model.commits.lines[i] },
  { key: "missing", title: "Missing hunks", order: "descending", of: (model, i) => model.commits.missing[i] },
  { key: "author", title: "Author", order: "ascending", of: (model, i) => model.author(i).toLowerCase() },
  { key: "date", title: "Date", order: "ascending", of: (model, i) => model.commits.date[i] },
];
const DEFAULT_SORT = "lines";

class CommitList {
  constructor(model) {
    this.model = model;
    this.#makeFilters();
    this.counter = element("p", { class: "counter", role: "status" });
    this.headings = COMMIT_COLUMNS.map((column) => element("span", { role: "columnheader", class: column.key },
      element("button", { type: "button", onclick: () => this.#sortBy(column) }, column.title)));
    const body = element("div", { class: "rows", role: "rowgroup" });
    this.grid = element("div", { class: "grid commits", role: "grid", "aria-label": "Commits" },
      element("div", { role: "rowgroup" }, element("div", { class: "head", role: "row" }, ...this.headings)), body);
    this.list = new VirtualList(body, { rowHeight: 30, renderRow: (row) => this.#row(this.shown[row]) });
    this.details = new CommitDetails(model, () => this.#close());
    this.element = element("section", { class: "view commit-view", "aria-label": "Commits" },
      this.filters, this.counter, element("div", { class: "beside" }, this.grid, this.details.element));
  }

  show(route) {
    const fields = Object.fromEntries(route);
    const opened = fields.commit;
    delete fields.commit;
    delete fields.commits;
    const wanted = JSON.stringify(fields);
    if (wanted !== this.wanted) {
      this.wanted = wanted;
      this.fields = fields;
      this.#fillFilters();
      this.#filter();
    }
    this.opened = this.model.commitNumbers.get(opened);
    this.element.classList.toggle("has-details", opened !== undefined);
    this.details.show(opened);
    this.list.refresh();
    const row = this.shown.indexOf(this.opened);
    if (row >= 0) this.list.reveal(row);
  }

  focusSearch() {
    this.inputs.q.focus();
  }

  /** The address of this list with another commit open, or none. */
  #address(commit) {
    return address(commit === undefined ? { commits: "", ...this.fields } : { commit: this.model.commits.commit[commit], ...this.fields });
  }

  #makeFilters() {
    const option = (value, text) => element("option", { value }, text);
    const releaseOptions = this.model.releaseCycles().reverse().map(({ name, filter, releases }) => {
      if (releases.length === 1) return option(filter, releaseText(releases[0]));
      return element("optgroup", { label: name }, option(filter, `${name} and its candidates`), ...releases.toReversed().map((release) => option(releaseFilter(release), release)));
    });
    const subsystemOptions = this.model.subsystemTotals().map(({ name }) => name).sort()
      .map((name) => option(subsystemFilter(name), subsystemText(name)));
    const folders = [...this.model.folders.keys()].filter(Boolean).sort();
    this.inputs = {
      q: element("input", { type: "search", placeholder: "subject, author or commit id", spellcheck: "false" }),
      status: element("select", {}, option("", "any"), ...STATUSES.map((status) => option(status, status))),
      release: element("select", {}, option("", "any"), ...releaseOptions),
      subsystem: element("select", {}, option("", "any"), ...subsystemOptions),
      folder: element("input", { type: "search", list: "folder-names", placeholder: "any", spellcheck: "false" }),
      from: element("input", { type: "number", min: 0, max: 1, step: 0.05, placeholder: "0" }),
      to: element("input", { type: "number", min: 0, max: 1, step: 0.05, placeholder: "1" }),
    };
    const label = (text, input) => element("label", {}, element("span", {}, text), input);
    const { q, status, release, subsystem, folder, from, to } = this.inputs;
    this.filters = element("form", { class: "filters", role: "search", "aria-label": "Filter commits", oninput: () => this.#onFilter(), onsubmit: (event) => event.preventDefault() },
      label("Search", q), label("Status", status), label("First release", release), label("Subsystem", subsystem), label("Folder or file", folder),
      label("Confidence from", from), label("to", to),
      element("a", { href: "#commits=", class: "button" }, "Reset"),
      element("datalist", { id: "folder-names" }, ...folders.map((path) => option(path))));
  }

  #fillFilters() {
    for (const [name, input] of Object.entries(this.inputs)) {
      if (input !== document.activeElement) input.value = this.fields[name] ?? "";
    }
  }

  #onFilter() {
    const given = Object.entries(this.inputs).map(([name, input]) => [name, input.value || undefined]);
    const { sort, order } = this.fields;
    replaceRoute({ commits: "", ...Object.fromEntries(given), sort, order });
  }

  #filter() {
    const { q = "", status, release, subsystem, folder = "", from, to, sort, order } = this.fields;
    const bound = (text, otherwise) => (Number.isNaN(Number.parseFloat(text)) ? otherwise : Math.round(Number.parseFloat(text) * 1000));
    this.shown = this.model.filterCommits({
      text: q,
      status: status ? STATUSES.indexOf(status) : undefined,
      release: release || undefined,
      subsystem: subsystem || undefined,
      folder,
      from: bound(from, 0),
      to: bound(to, 1000),
    });
    const column = COMMIT_COLUMNS.find(({ key }) => key === (sort ?? DEFAULT_SORT)) ?? COMMIT_COLUMNS[0];
    this.#order(column, order ?? column.order);
    const lines = this.shown.reduce((sum, i) => sum + this.model.commits.lines[i], 0);
    const all = this.shown.length === this.model.commitCount ? "" : ` of ${number(this.model.commitCount)}`;
    this.counter.textContent = `${number(this.shown.length)}${all} ${this.shown.length === 1 && !all ? "commit" : "commits"}, ${count(lines, "changed line")}`;
    this.list.reset(this.shown.length);
  }

  #order(column, order) {
    const direction = order === "descending" ? -1 : 1;
    const keys = new Map(this.shown.map((i) => [i, column.of(this.model, i)]));
    this.shown.sort((a, b) => {
      const [keyA, keyB] = [keys.get(a), keys.get(b)];
      return (keyA < keyB ? -direction : keyA > keyB ? direction : 0) || a - b;
    });
    this.headings.forEach((heading, i) => {
      if (COMMIT_COLUMNS[i] === column) heading.setAttribute("aria-sort", order);
      else heading.removeAttribute("aria-sort");
    });
  }

  /** Sorts by a column; by the one that is sorted by already, the other way round. */
  #sortBy(column) {
    const { sort = DEFAULT_SORT, order = column.order } = this.fields;
    const turned = order === "ascending" ? "descending" : "ascending";
    location.hash = address({ commits: "", ...this.fields, sort: column.key, order: sort === column.key ? turned : column.order });
  }

  #row(i) {
    const { commits } = this.model;
    const cell = (name, ...children) => element("span", { class: name, role: "gridcell" }, ...children);
    const isOpen = i === this.opened;
    const link = element("a", { href: this.#address(i), "aria-current": isOpen && "true" }, commits.subject[i] || "(no subject)");
    return element("div", { class: isOpen && "open" },
      cell("subject", link),
      cell("commit", shortId(commits.commit[i])),
      cell("release", this.model.release(i) || "–"),
      cell("status", statusBadge(commits.status[i])),
      cell("confidence", confidenceMark(commits.confidence[i])),
      cell("lines", number(commits.lines[i])),
      cell("missing", commits.missing[i] ? number(commits.missing[i]) : ""),
      cell("author", this.model.author(i)),
      cell("date", commits.date[i].slice(0, 10)));
  }

  /** Closes the open commit and goes back to its row. */
  #close() {
    const row = Math.max(this.shown.indexOf(this.opened), 0);
    location.hash = this.#address(undefined);
    this.list.focus(row);
  }
}

function statusBadge(status) {
  return element("span", { class: `badge status-${status}`, title: STATUS_MEANINGS[status] }, STATUSES[status]);
}

function confidenceMark(thousandths) {
  return element("span", { class: "mark" }, element("span", { class: `swatch confidence-${confidenceClass(thousandths)}`, "aria-hidden": "true" }), confidenceText(thousandths));
}
