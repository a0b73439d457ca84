// Building the page: elements, whose texts are always texts.

/** Makes an element. `properties`: attributes by name, except for functions (`onclick`), which listen. */
function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== false));
  return made;
}

/** A term and what is said of it, for a `dl`. */
function fact(term, ...description) {
  return [element("dt", {}, term), element("dd", {}, ...description)];
}
