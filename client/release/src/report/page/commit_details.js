// One commit: what is known of it, its lines in the release, and what is missing.

class CommitDetails {
  /** How many places are shown before the reader asks for all. */
  static FIRST_PLACES = 300;

  constructor(model, close) {
    this.model = model;
    this.close = close;
    this.element = element("aside", { class: "panel details", "aria-label": "Commit", hidden: true, onkeydown: (event) => event.key === "Escape" && close() });
  }

  async show(commit) {
    if (commit === this.shown) return;
    this.shown = commit;
    this.element.hidden = commit === undefined;
    if (commit === undefined) return;
    const i = this.model.commitNumbers.get(commit);
    const closer = element("button", { type: "button", onclick: this.close }, "Close");
    if (i === undefined) {
      this.element.replaceChildren(closer, element("p", { class: "message" }, `This release has no commit ${commit}.`));
      return;
    }
    const heading = element("h2", { tabindex: -1 }, this.model.commits.subject[i] || "(no subject)");
    const rest = element("div", {}, element("p", {}, "Loading…"));
    this.element.replaceChildren(closer, heading, this.#facts(i), rest);
    this.element.scrollTop = 0;
    heading.focus();
    try {
      const details = await this.model.commitDetails.get(i);
      if (commit === this.shown) rest.replaceChildren(...this.#rest(i, details));
    } catch (error) {
      rest.replaceChildren(element("p", { class: "message", role: "alert" }, error.message));
    }
  }

  #facts(i) {
    const { commits } = this.model;
    const release = this.model.release(i);
    return element("dl", { class: "facts" },
      ...fact("commit", element("code", {}, commits.commit[i])),
      ...fact("status", statusBadge(commits.status[i]), `: ${STATUS_MEANINGS[commits.status[i]]}`),
      ...fact("confidence", confidenceMark(commits.confidence[i])),
      ...fact("first release", element("a", { href: address({ commits: "", release: releaseFilter(release) }) }, releaseText(release))),
      ...fact("subsystem", ...this.#subsystem(i)),
      ...fact("author", this.model.author(i)),
      ...fact("date", commits.date[i]),
      ...fact("in the release", `${count(commits.lines[i], "changed line")} in ${count(commits.hunks[i], "hunk")}`));
  }

  #subsystem(i) {
    const subsystem = this.model.subsystem(i);
    return subsystem ? [element("a", { href: address({ commits: "", subsystem }) }, subsystem)] : [subsystemText(subsystem)];
  }

  #rest(i, { places, missing, carriers, unindexed_origin: unindexedOrigin, read_from: readFrom, superseded_by: supersededBy }) {
    const commit = this.model.commits.commit[i];
    const list = (heading, items) => items.length > 0 && element("section", {}, element("h3", {}, heading), element("ul", {}, ...items));
    return [
      ...this.#laterFixes(commit, list),
      list("Superseded by", supersededBy.map((other) => element("li", {}, element("a", { href: address({ commit: this.model.commits.commit[other] }) }, this.model.commits.subject[other])))),
      this.#lines(commit, places),
      missing.length > 0 && missingHunks(missing),
      unindexedOrigin && element("p", {}, ...notIndexed(unindexedOrigin, readFrom)),
      list(carriers.length === 1 ? "Carrier" : "Carriers", carriers.map((carrier) => element("li", {}, element("code", {}, carrier)))),
    ].filter(Boolean);
  }

  /** What an audit knows of it: what it mends, and who has mended or undone it. */
  #laterFixes(commit, list) {
    const { audit, laterFixes } = this.model;
    const later = (what) => (laterFixes.get(commit) ?? []).filter((one) => one.what === what).map(({ fix }) =>
      element("li", {}, commitLink(this.model, fix.commit), ` ${fix.subject} (${fix.state})`));
    const cves = audit?.cves[commit] ?? [];
    return [
      cves.length > 0 && element("p", {}, `Mends ${cves.join(", ")}.`),
      list("Reverted by", later("undoes")),
      list("Fixed by", later("mends")),
    ];
  }

  #lines(commit, places) {
    const COLUMNS = 7;
    const all = places.length / COLUMNS;
    const section = element("section", {}, element("h3", {}, "Its lines"));
    if (all === 0) section.append(element("p", {}, "No line of the release is attributed to it."));
    const fill = (from, to) => {
      let items;
      let fileBefore;
      for (let place = from; place < to; place += 1) {
        const [file, ...run] = places.slice(place * COLUMNS, (place + 1) * COLUMNS);
        if (file !== fileBefore) {
          const path = this.model.files.path[file];
          items = element("ul", { class: "runs" });
          section.append(element("p", { class: "path" }, element("a", { href: fileAddress(path, { origin: commit }) }, path)), items);
          fileBefore = file;
        }
        items.append(runItem(this.model.files.path[file], commit, run));
      }
    };
    fill(0, Math.min(all, CommitDetails.FIRST_PLACES));
    if (all > CommitDetails.FIRST_PLACES) {
      const more = element("button", { type: "button", onclick: () => { more.remove(); fill(CommitDetails.FIRST_PLACES, all); } }, `Show all ${number(all)} places`);
      section.append(more);
    }
    return section;
  }
}

function runItem(path, commit, [side, start, removed, added, confidence, kind]) {
  const href = fileAddress(path, { line: start, side: side === 0 ? "old" : undefined, origin: commit });
  const signs = [added && `+${number(added)}`, removed && `−${number(removed)}`].filter(Boolean).join(" ");
  return element("li", {}, element("a", { href }, side === 0 ? `old line ${start}` : `line ${start}`),
    element("span", { class: "signs" }, signs), confidenceMark(confidence), element("span", {}, MATCH_KINDS[kind] ?? ""));
}

/** What is said of an origin that is not indexed: this commit itself, read from a carrier, or what it is a copy of. */
function notIndexed(origin, readFrom) {
  const code = (id) => element("code", {}, id);
  return readFrom ? ["This commit is not indexed; what is said of it was read from its carrier ", code(readFrom), "."]
    : ["Its message names ", code(origin), " as its origin, which is not indexed."];
}

function missingHunks(missing) {
  return element("section", {}, element("h3", {}, "Missing hunks"),
    element("table", {}, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Place"), element("th", { scope: "col" }, "Why"))),
      element("tbody", {}, ...missing.map(([where, reason]) => element("tr", {}, element("th", { scope: "row" }, where), element("td", {}, reason || "not known"))))));
}
