// Puts the page together and follows the address.

async function start() {
  const main = document.getElementById("main");
  setUpTheme();
  document.getElementById("skip").addEventListener("click", () => main.focus());
  try {
    const [index, audit] = await Promise.all([loadData("index"), loadData("audit")]);
    const model = new Model(index, audit);
    fillHeader(model);
    const views = { overview: new Overview(model), commits: new CommitList(model), files: new FileList(model), file: new FileView(model), missing: new MissingList(model) };
    main.replaceChildren(...Object.values(views).map((view) => view.element));
    const follow = () => showView(views);
    window.addEventListener("hashchange", follow);
    document.addEventListener("keydown", (event) => onShortcut(event, views));
    follow();
  } catch (error) {
    main.replaceChildren(element("p", { class: "message", role: "alert" }, error.message));
    throw error;
  }
}

/** Which view an address means. */
function viewOf(route) {
  if (route.has("file")) return "file";
  if (route.has("commit") || route.has("commits")) return "commits";
  if (route.has("missing")) return "missing";
  return route.has("files") ? "files" : "overview";
}

function showView(views) {
  const route = currentRoute();
  const name = viewOf(route);
  const isNew = views[name].element.hidden;
  for (const [other, view] of Object.entries(views)) view.element.hidden = other !== name;
  if (isNew) document.getElementById("main").scrollTop = 0;
  for (const link of document.querySelectorAll("[data-view]")) {
    const isHere = link.dataset.view === (name === "file" ? "files" : name);
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  views[name].show(route);
}

function fillHeader({ vendor, base, root }) {
  document.getElementById("title").textContent = `${vendor} against ${base}`;
  document.getElementById("share").textContent = `${percent(shareOf(root))} of ${count(root.changed, "changed line")} explained`;
  document.title = `${vendor} against ${base} – hunktrace`;
}

/** "/" goes to the search field of a view. */
function onShortcut(event, views) {
  if (event.key !== "/" || event.target.matches("input, select") || event.ctrlKey || event.metaKey) return;
  const name = viewOf(currentRoute());
  if (name === "file" || name === "overview") location.hash = "#files=";
  const searched = name === "commits" || name === "missing" ? name : "files";
  views[searched].element.hidden = false;
  views[searched].focusSearch();
  event.preventDefault();
}

/** Light or dark: as the system says, until the reader chooses. */
function setUpTheme() {
  const KEY = "hunktrace-theme";
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = remembered(KEY);
  const apply = () => {
    const isDark = chosen ? chosen === "dark" : system.matches;
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
    button.textContent = isDark ? "Light" : "Dark";
    button.setAttribute("aria-label", `${isDark ? "Light" : "Dark"} colours`);
  };
  button.addEventListener("click", () => {
    chosen = document.documentElement.style.colorScheme === "dark" ? "light" : "dark";
    remember(KEY, chosen);
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

/** Browsers may refuse to remember anything for pages from disk; then the choice lasts as long as the page. */
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing is lost but the choice.
  }
}

start();
