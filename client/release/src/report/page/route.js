// Where in the report the reader is: the part of the address behind `#`.

/** The current place as parameters. */
const currentRoute = () => new URLSearchParams(location.hash.slice(1));

/** The address of a place; parameters that are undefined are left out. */
function address(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `#${new URLSearchParams(given)}`;
}

/** Goes to a place without a new entry in the history: for what changes with every key. */
function replaceRoute(parameters) {
  location.replace(address(parameters));
}

const fileAddress = (path, more = {}) => address({ file: path, ...more });
const folderAddress = (path) => address({ folder: path });
const entryAddress = (entry) => (entry.file === undefined ? folderAddress(entry.path) : fileAddress(entry.path));

/** Links to a folder and those around it: "all / drivers / net". */
function breadcrumbs(path, lastIsHere) {
  const parts = path === "" ? [] : path.split("/");
  const crumbs = [{ name: "all folders", path: "" }, ...parts.map((name, i) => ({ name, path: parts.slice(0, i + 1).join("/") }))];
  return element("nav", { class: "crumbs", "aria-label": "Folders" }, element("ol", {}, ...crumbs.map((crumb, i) => {
    const isHere = lastIsHere && i === crumbs.length - 1;
    return element("li", {}, isHere ? element("span", { "aria-current": "page" }, crumb.name) : element("a", { href: folderAddress(crumb.path) }, crumb.name));
  })));
}
