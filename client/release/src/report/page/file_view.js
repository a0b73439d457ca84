// One file: every changed line carries its origin.

class FileView {
  constructor(model) {
    this.model = model;
    this.heading = element("h2", { tabindex: -1 });
    this.about = element("div");
    this.origin = element("p", { class: "origin-line" });
    const body = element("div", { class: "rows", role: "rowgroup", onmouseover: (event) => this.#onHover(event) });
    this.grid = element("div", { class: "grid lines", role: "grid", "aria-label": "Lines with their origins" },
      element("div", { role: "rowgroup", class: "unseen" }, element("div", { role: "row" },
        ...["Origin", "Old line", "New line", "Sign", "Text"].map((title) => element("span", { role: "columnheader" }, title)))),
      body);
    this.list = new VirtualList(body, { rowHeight: 20, renderRow: (row) => this.#row(row), onactive: (row) => this.#tell(row) });
    const button = (text, go) => element("button", { type: "button", onclick: go }, text);
    const colours = legend("confidence", CONFIDENCES);
    colours.append(element("li", {}, element("span", { class: "swatch unexplained" }), "unexplained"));
    this.element = element("section", { class: "view file-view", "aria-label": "File" },
      this.about, this.heading,
      element("div", { class: "tools", role: "group", "aria-label": "Go to" },
        button("Previous hunk", () => this.#go(-1, (row) => row.kind === "hunk")),
        button("Next hunk", () => this.#go(1, (row) => row.kind === "hunk")),
        button("Next unexplained", () => this.#go(1, (row, i) => isUnexplained(row) && !isUnexplained(this.lines[i - 1]))),
        colours),
      this.grid, this.origin);
  }

  async show(route) {
    const path = route.get("file");
    if (path !== this.path) {
      await this.#open(path);
      // The reader may have gone elsewhere meanwhile.
      route = currentRoute();
    }
    if (path !== route.get("file") || !this.lines) return;
    this.highlighted = this.model.commitNumbers.get(route.get("origin"));
    const side = route.get("side") === "old" ? "old" : "new";
    const line = Number.parseInt(route.get("line"), 10);
    const isThere = (row) => row.kind === "line" && row[side] === line && row.sign !== (side === "old" ? "+" : "-");
    let at = this.lines.findIndex((row) => isThere(row) && row.sign !== " ");
    if (at < 0) at = this.lines.findIndex(isThere);
    if (at < 0 && this.highlighted !== undefined) at = this.lines.findIndex((row) => row.commit === this.highlighted);
    this.target = at;
    this.list.refresh();
    if (at < 0) {
      this.heading.focus();
    } else {
      this.list.reveal(at);
      this.list.focus(at);
    }
  }

  async #open(path) {
    this.path = path;
    this.lines = undefined;
    const file = this.model.fileNumbers.get(path);
    const { changed, explained, hunks } = this.model.files;
    this.heading.textContent = path;
    this.origin.textContent = "";
    this.list.reset(0);
    if (file === undefined) {
      this.about.replaceChildren(element("p", { class: "message", role: "alert" }, `${path} is not among the changed files.`));
      return;
    }
    const share = shareOf({ explained: explained[file], changed: changed[file] });
    const totals = element("p", {}, `${count(changed[file], "changed line")} in ${count(hunks[file], "hunk")}${changed[file] ? `, ${percent(share)} explained` : ""}, `,
      element("a", { href: address({ commits: "", folder: path }) }, "its commits"));
    this.about.replaceChildren(breadcrumbs(parentFolder(path), false), totals);
    try {
      const text = await this.model.fileTexts.get(file);
      if (path !== this.path) return;
      this.lines = fileLines(text);
      if (text.notes.length > 0) totals.append(`; ${text.notes.join(", ")}`);
      this.grid.style.setProperty("--text-width", `${longestLine(this.lines)}ch`);
      this.list.reset(this.lines.length);
    } catch (error) {
      this.about.replaceChildren(element("p", { class: "message", role: "alert" }, error.message));
      this.path = undefined;
    }
  }

  #row(index) {
    const row = this.lines[index];
    const cell = (name, ...children) => element("span", { class: name, role: "gridcell" }, ...children);
    if (row.kind === "hunk") return element("div", { class: "hunk" }, cell("hunk-header", row.text));
    const classes = ["line", { "+": "added", "-": "removed" }[row.sign] ?? "same"];
    if (isRunStart(this.lines, index)) classes.push("run-start");
    if (index === this.target) classes.push("target");
    if (row.commit !== undefined && row.commit === this.highlighted) classes.push("highlighted");
    return element("div", { class: classes.join(" ") },
      this.#originCell(row, index),
      cell("number", row.old === undefined ? "" : String(row.old)),
      cell("number", row.new === undefined ? "" : String(row.new)),
      cell("sign", row.sign === "-" ? "−" : row.sign),
      cell("text", row.text));
  }

  /** The gutter: who the line is from. Within a run the id is toned down. */
  #originCell(row, index) {
    const cell = element("span", { class: "origin", role: "gridcell" });
    if (row.commit !== undefined) {
      const { commits } = this.model;
      cell.classList.add(`confidence-edge-${confidenceClass(row.confidence)}`);
      const label = `${shortId(commits.commit[row.commit])} ${commits.subject[row.commit]}`;
      cell.append(element("a", { href: address({ commit: commits.commit[row.commit] }), title: label, "aria-label": label, class: !isRunStart(this.lines, index) && "again" }, shortId(commits.commit[row.commit])));
    } else if (isUnexplained(row)) {
      cell.classList.add("unexplained");
      cell.append("unexplained");
    }
    return cell;
  }

  #onHover(event) {
    const row = event.target.closest(".row");
    if (row) this.#tell(Number(row.dataset.index));
  }

  /** Says where a line came from, below the lines. */
  #tell(index) {
    const row = this.lines?.[index];
    if (!row) return;
    if (row.commit === undefined) {
      this.origin.textContent = isUnexplained(row) ? "Unexplained: no upstream commit was found for this line." : "";
      return;
    }
    const { commits } = this.model;
    this.origin.replaceChildren(
      element("a", { href: address({ commit: commits.commit[row.commit] }), tabindex: -1 }, `${shortId(commits.commit[row.commit])} ${commits.subject[row.commit]}`),
      ` ${releaseText(this.model.release(row.commit))}, confidence ${confidenceText(row.confidence)}, ${MATCH_KINDS[row.match]}`);
  }

  /** Goes to the next row in a direction that fits. */
  #go(step, fits) {
    for (let i = this.list.active + step; i >= 0 && i < this.list.count; i += step) {
      if (fits(this.lines[i], i)) {
        this.list.reveal(i);
        this.list.focus(i);
        return;
      }
    }
  }
}
