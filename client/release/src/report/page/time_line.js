// Commits by the upstream release that first had them.

const STACKS = {
  status: { classes: STATUSES.map((name) => ({ name })), of: (model, commit) => model.commits.status[commit] },
  confidence: { classes: CONFIDENCES, of: (model, commit) => confidenceClass(model.commits.confidence[commit]) },
};

/** The section with a bar for every release and its candidates. */
function timeLine(model) {
  const chart = element("div", { class: "time-line" });
  const colours = element("div");
  const readout = element("p", { class: "hint", "aria-live": "polite" });
  const draw = (kind) => {
    colours.replaceChildren(legend(kind, STACKS[kind].classes));
    chart.replaceChildren(...releaseBars(model, kind, (words) => { readout.textContent = words; }));
  };
  const choice = (kind) => element("label", {}, element("input", { type: "radio", name: "stack", value: kind, checked: kind === "status", onchange: () => draw(kind) }), ` ${kind}`);
  // Names fit beside each other only where there are few bars.
  chart.classList.toggle("few", model.releaseCycles().length <= 12);
  draw("status");
  readout.textContent = "A bar leads to its commits.";
  return element("section", { class: "panel", "aria-labelledby": "by-release" },
    element("h2", { id: "by-release" }, "By upstream release"),
    element("fieldset", {}, element("legend", {}, "Colour by"), choice("status"), choice("confidence")),
    colours, chart, readout, model.reach && element("p", {}, model.reach));
}

function releaseBars(model, kind, say) {
  const HEIGHT = 180;
  const { classes, of } = STACKS[kind];
  const cycles = model.releaseCycles();
  const highest = Math.max(...cycles.map(({ commits }) => commits.length), 1);
  return cycles.map(({ name, filter, commits }) => {
    const parts = classes.map(() => 0);
    for (const commit of commits) parts[of(model, commit)] += 1;
    const said = parts.map((part, i) => part > 0 && `${number(part)} ${classes[i].name}`).filter(Boolean).join(", ");
    const words = `${releaseText(name)}: ${count(commits.length, "commit")} (${said})`;
    const tell = () => say(words);
    const link = address({ commits: "", release: filter });
    const stack = parts.map((part, i) => {
      const segment = element("span", { class: `${kind}-${i}` });
      segment.style.height = `${(part / highest) * HEIGHT}px`;
      return segment;
    });
    return element("a", { class: "release-bar", href: link, title: words, "aria-label": words, onfocus: tell, onmouseenter: tell },
      element("span", { class: "release-count" }, number(commits.length)),
      element("span", { class: "stack" }, ...stack),
      element("span", { class: "release-name" }, releaseText(name)));
  });
}
