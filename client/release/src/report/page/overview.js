// The first view: how much is explained, where, and by which releases.

class Overview {
  constructor(model) {
    this.model = model;
    this.treemap = element("div", { class: "treemap", onclick: followInnerCell });
    this.places = element("div", { class: "places" });
    this.here = element("div");
    this.element = element("section", { class: "view overview", "aria-label": "Overview" },
      this.#totals(),
      element("section", { class: "panel", "aria-labelledby": "by-folder" },
        element("h2", { id: "by-folder" }, "By folder"),
        this.here,
        element("div", { class: "key" }, element("p", { class: "hint" }, "Area: changed lines. Colour: share explained."), legend("share", SHARES)),
        element("div", { class: "folders" }, this.treemap, this.places)),
      timeLine(model),
      bySubsystem(model),
      model.patches.length > 0 && this.#patches(),
      this.#about());
    new ResizeObserver(() => this.folder && drawTreemap(this.treemap, this.folder)).observe(this.treemap);
  }

  show(route) {
    const wanted = route.get("folder") ?? "";
    this.folder = this.model.folders.get(wanted) ?? this.model.root;
    const { path } = this.folder;
    const missing = wanted !== path && element("p", { class: "message" }, `No file changed in ${wanted}.`);
    this.here.replaceChildren(...[missing, breadcrumbs(path, true), this.#folderTotals()].filter(Boolean));
    this.places.replaceChildren(this.#table());
    this.places.scrollTop = 0;
    drawTreemap(this.treemap, this.folder);
    if (route.has("folder")) this.here.scrollIntoView({ block: "nearest" });
  }

  #totals() {
    const { root, fileCount, commitCount, commits, files } = this.model;
    const share = shareOf(root);
    const hunks = files.hunks.reduce((sum, value) => sum + value, 0);
    const byStatus = STATUSES.map((_, status) => commits.status.filter((other) => other === status).length);
    return element("section", { class: "totals", "aria-label": "In all" },
      element("div", { class: "panel big" },
        element("p", { class: "figure" }, percent(share)),
        element("p", {}, `of ${count(root.changed, "changed line")} explained`),
        shareBar(share)),
      element("dl", { class: "panel counts" },
        ...fact("commits", element("a", { href: "#commits=" }, number(commitCount))),
        ...STATUSES.flatMap((status, i) => fact(status, element("a", { href: address({ commits: "", status }), title: STATUS_MEANINGS[i] }, number(byStatus[i])))),
        ...fact("files", element("a", { href: "#files=" }, number(fileCount))),
        ...fact("hunks", number(hunks)),
        ...fact("unexplained lines", number(root.changed - root.explained))));
  }

  #folderTotals() {
    const { folder } = this;
    const commits = this.model.filterCommits({ text: "", folder: folder.path, from: 0, to: 1000 }).length;
    const link = { href: address({ commits: "", folder: folder.path || undefined }) };
    return element("p", {}, `${count(folder.changed, "changed line")}, ${percent(shareOf(folder))} explained, `,
      element("a", link, count(commits, "commit")));
  }

  #table() {
    return element("table", {},
      element("thead", {}, element("tr", {},
        element("th", { scope: "col" }, "Folder or file"),
        element("th", { scope: "col", class: "number" }, "Changed"),
        element("th", { scope: "col", class: "number", colspan: 2 }, "Explained"))),
      element("tbody", {}, ...this.folder.entries.map((entry) => element("tr", {},
        element("th", { scope: "row" }, element("a", { href: entryAddress(entry) }, entry.file === undefined ? `${entry.name}/` : entry.name)),
        element("td", { class: "number" }, number(entry.changed)),
        element("td", { class: "number" }, entry.changed ? percent(shareOf(entry)) : "–"),
        element("td", {}, entry.changed > 0 && shareBar(shareOf(entry)))))));
  }

  #patches() {
    const { patches, commitNumbers } = this.model;
    const origin = ({ commit, subject }) => {
      if (commit === null) return "nothing found";
      const text = `${shortId(commit)} ${subject}`;
      return commitNumbers.has(commit) ? element("a", { href: address({ commit }) }, text) : text;
    };
    return element("section", { class: "panel", "aria-labelledby": "patches" },
      element("h2", { id: "patches" }, "Patches of the package"),
      element("div", { class: "places" }, element("table", { class: "patches" },
        element("thead", {}, element("tr", {},
          element("th", { scope: "col" }, "Patch"),
          element("th", { scope: "col", class: "number" }, "Hunks"),
          element("th", { scope: "col" }, "Most likely origin"),
          element("th", { scope: "col", class: "number" }, "Confidence"))),
        element("tbody", {}, ...patches.map((patch) => element("tr", {},
          element("th", { scope: "row" }, patch.name),
          element("td", { class: "number hunks", "data-unit": patch.hunks === 1 ? " hunk" : " hunks" }, number(patch.hunks)),
          element("td", {}, origin(patch)),
          element("td", { class: "number" }, patch.commit === null ? "–" : percent(patch.confidence))))))));
  }

  #about() {
    const { inputs, versions, timings } = this.model;
    const seconds = timings.map(([step, time]) => [step, `${time.toFixed(time < 10 ? 2 : 1)} s`]);
    const list = (heading, facts) => facts.length > 0 && element("div", {}, element("h3", {}, heading), element("dl", {}, ...facts.flatMap(([name, value]) => fact(name, value))));
    return element("section", { class: "panel", "aria-labelledby": "about" }, element("h2", { id: "about" }, "How it was made"),
      element("div", { class: "about" }, list("Inputs", inputs), list("Versions", versions), list("Time", seconds)));
  }
}

/** How many commits and lines each subsystem has; the largest first, and the others when they are asked for. */
function bySubsystem(model) {
  const FIRST = 12;
  const totals = model.subsystemTotals();
  if (totals.every(({ name }) => name === "")) return false;
  const most = Math.max(...totals.map(({ commits }) => commits));
  const row = ({ name, commits, lines }) => element("tr", {},
    element("th", { scope: "row" }, element("a", { href: address({ commits: "", subsystem: subsystemFilter(name) }) }, subsystemText(name))),
    element("td", { class: "number" }, number(commits)),
    element("td", {}, sizeBar(commits / most)),
    element("td", { class: "number" }, number(lines)));
  const body = element("tbody", {}, ...totals.slice(0, FIRST).map(row));
  const rest = totals.length > FIRST && element("button", { type: "button", onclick: () => {
    const hidden = totals.slice(FIRST).map(row);
    body.append(...hidden);
    rest.remove();
    hidden[0].querySelector("a").focus();
  } }, `Show all ${number(totals.length)} subsystems`);
  return element("section", { class: "panel", "aria-labelledby": "by-subsystem" },
    element("h2", { id: "by-subsystem" }, "By subsystem"),
    element("table", { class: "subsystems" },
      element("thead", {}, element("tr", {},
        element("th", { scope: "col" }, "Subsystem"),
        element("th", { scope: "col", class: "number", colspan: 2 }, "Commits"),
        element("th", { scope: "col", class: "number" }, "Lines"))),
      body),
    rest);
}

/** A bar as long as a share of the largest; the number stands beside it. */
function sizeBar(share) {
  const filled = element("span", { class: "size" });
  filled.style.width = `${share * 100}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, filled);
}

/** A bar that shows a share; the number stands beside it. */
function shareBar(share) {
  const filled = element("span", { class: `share-${shareClass(share)}` });
  filled.style.width = `${share * 100}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, filled);
}

/** What colours stand for. */
function legend(kind, classes) {
  return element("ul", { class: "legend", "aria-label": "Colours" }, ...classes.map(({ name }, i) =>
    element("li", {}, element("span", { class: `swatch ${kind}-${i}` }), name)));
}
