// What an audit has found: the fixes that the release lacks, and the state of known vulnerabilities.

const FIX_STATES = ["will apply", "missing", "maybe missing", "blacklisted", "unaffected", "present"];
const CVE_STATES = ["affected", "under_investigation", "fixed", "not_affected"];

/** How many rows of a table are shown before the reader asks for all. */
const FIRST_ROWS = 200;

class MissingList {
  constructor(model) {
    this.model = model;
    this.search = element("input", { type: "search", placeholder: "words of a subject, a commit, a CVE", spellcheck: "false", oninput: () => this.#go() });
    const all = element("option", { value: "" }, "missing and affected");
    this.state = element("select", { onchange: () => this.#go() }, all, ...[...FIX_STATES, ...CVE_STATES].map((state) => element("option", { value: state }, state)));
    this.tables = element("div", { class: "places" });
    this.element = element("section", { class: "view missing-view", "aria-label": "Missing" },
      element("form", { class: "filters", role: "search", "aria-label": "Filter what is missing", onsubmit: (event) => event.preventDefault() },
        element("label", {}, element("span", {}, "Search"), this.search), element("label", {}, element("span", {}, "State"), this.state)),
      this.tables);
  }

  show(route) {
    const { audit } = this.model;
    const [text, state] = [route.get("q") ?? "", route.get("state") ?? ""];
    if (this.search !== document.activeElement) this.search.value = text;
    this.state.value = state;
    if (!audit) {
      this.tables.replaceChildren(element("p", { class: "message" }, "This release was not audited: 'hunktrace audit --taken FOLDER --report' adds what it lacks."));
      return;
    }
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (...texts) => words.every((word) => texts.join("\n").toLowerCase().includes(word));
    const fixes = audit.fixes.filter((fix) => (state ? fix.state === state : fix.is_missing) && has(fix.commit, fix.subject, ...fix.cves));
    const isOpen = (known) => (state ? known.state === state : known.state === "affected" && !known.waived);
    const known = audit.vulnerabilities.filter((one) => isOpen(one) && has(one.id, ...one.fixes.flat()));
    this.tables.replaceChildren(
      element("p", { class: "counter", role: "status" }, `${count(fixes.length, "fix", "fixes")}, ${count(known.length, "vulnerability", "vulnerabilities")}`),
      fixes.length > 0 ? longTable(["State", "Fix", "First release", "Mends", "CVE"], fixes, (fix) => this.#fixRow(fix)) : "",
      known.length > 0 ? longTable(["State", "CVE", "Severity", "Why", "Fixes"], known, (one) => this.#knownRow(one)) : "");
  }

  focusSearch() {
    this.search.focus();
  }

  #go() {
    replaceRoute({ missing: "", q: this.search.value || undefined, state: this.state.value || undefined });
  }

  #fixRow(fix) {
    const why = fix.waived || fix.obstacles.join("; ");
    return element("tr", {},
      element("td", {}, fix.state),
      element("th", { scope: "row" }, element("code", {}, shortId(fix.commit)), ` ${fix.subject}`, why && element("p", { class: "hint" }, why)),
      element("td", {}, releaseText(fix.first_release)),
      element("td", {}, ...[...fix.mends, ...fix.undoes].flatMap((commit) => [commitLink(this.model, commit), " "])),
      element("td", {}, fix.cves.join(" ")));
  }

  #knownRow({ id, state, severity, why, fixes, waived }) {
    return element("tr", {},
      element("td", {}, state),
      element("th", { scope: "row" }, id),
      element("td", {}, severity || "–"),
      element("td", {}, why, waived && element("p", { class: "hint" }, `not wanted: ${waived}`)),
      element("td", {}, ...fixes.flatMap(([commit, became]) => [commitLink(this.model, commit), ` ${became} `])));
  }
}

/** A table of which the first rows are shown at once, and the rest when the reader asks for them. */
function longTable(titles, values, row) {
  const body = element("tbody", {}, ...values.slice(0, FIRST_ROWS).map(row));
  const more = values.length > FIRST_ROWS && element("button", { type: "button", onclick: () => { more.remove(); body.append(...values.slice(FIRST_ROWS).map(row)); } }, `Show all ${number(values.length)} rows`);
  return element("div", {}, element("table", {}, element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)))), body), more);
}

/** A commit's id, as a link where the release has it. */
function commitLink({ commitNumbers }, commit) {
  const id = element("code", {}, shortId(commit));
  return commitNumbers.has(commit) ? element("a", { href: address({ commit }) }, id) : id;
}
