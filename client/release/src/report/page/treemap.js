// A treemap: rectangles whose areas are in proportion to values.

/**
 * Lays out values in a rectangle. Squarified (Bruls, Huizing, van Wijk, 2000): rows along the shorter side, each as
 * long as that makes its rectangles less elongated. `values` come in descending order.
 */
function squarify(values, { x, y, width, height }) {
  const rectangles = [];
  let left = values.reduce((sum, value) => sum + value, 0);
  let start = 0;
  while (start < values.length && left > 0 && width > 0 && height > 0) {
    const side = Math.min(width, height);
    const scale = (width * height) / left;
    let end = start + 1;
    let sum = values[start];
    while (end < values.length && worstRatio(values[start], values[end], sum + values[end], side, scale) <= worstRatio(values[start], values[end - 1], sum, side, scale)) {
      sum += values[end];
      end += 1;
    }
    const depth = (sum * scale) / side;
    let along = 0;
    for (; start < end; start += 1) {
      const length = (values[start] / sum) * side;
      rectangles.push(width >= height ? { x, y: y + along, width: depth, height: length } : { x: x + along, y, width: length, height: depth });
      along += length;
    }
    if (width >= height) [x, width] = [x + depth, width - depth];
    else [y, height] = [y + depth, height - depth];
    left -= sum;
  }
  return rectangles;
}

/** How elongated the worst rectangle is of a row with these largest and smallest values. */
function worstRatio(largest, smallest, sum, side, scale) {
  const square = (sum * scale) ** 2;
  return Math.max((side * side * largest * scale) / square, square / (side * side * smallest * scale));
}

/** Fills `box` with a folder's entries, and shows in each folder what is in it. */
function drawTreemap(box, folder) {
  const LABEL = 20;
  const shown = folder.entries.filter((entry) => entry.changed > 0);
  const rectangles = squarify(shown.map((entry) => entry.changed), { x: 0, y: 0, width: box.clientWidth, height: box.clientHeight });
  box.replaceChildren(...rectangles.flatMap((rectangle, i) => {
    // What is smaller than this cannot be seen or hit; the table beside the treemap lists everything.
    if (rectangle.width < 3 || rectangle.height < 3) return [];
    return [treemapCell(shown[i], rectangle, LABEL)];
  }));
}

function treemapCell(entry, rectangle, labelHeight) {
  const share = shareOf(entry);
  const isLabelled = rectangle.width > 44 && rectangle.height > labelHeight;
  const words = `${entry.name}: ${count(entry.changed, "changed line")}, ${percent(share)} explained`;
  const cell = element("a", { class: `cell share-${shareClass(share)}`, href: entryAddress(entry), title: words, "aria-label": words });
  place(cell, rectangle);
  if (isLabelled) cell.append(element("span", { class: "cell-name" }, entry.name), element("span", { class: "cell-share" }, percent(share)));
  const inner = { x: 2, y: labelHeight + 2, width: rectangle.width - 5, height: rectangle.height - labelHeight - 5 };
  if (entry.entries && inner.width > 40 && inner.height > 24) cell.append(...innerCells(entry, inner));
  return cell;
}

/** What is in a folder, as part of its cell: seen and hit with a pointer, for which its title is enough. */
function innerCells(folder, box) {
  const shown = folder.entries.filter((entry) => entry.changed > 0);
  return squarify(shown.map((entry) => entry.changed), box).flatMap((rectangle, i) => {
    if (rectangle.width < 4 || rectangle.height < 4) return [];
    const entry = shown[i];
    const share = shareOf(entry);
    const title = `${entry.path}: ${count(entry.changed, "changed line")}, ${percent(share)} explained`;
    const cell = element("span", { class: `inner share-${shareClass(share)}`, title, "aria-hidden": "true", "data-address": entryAddress(entry) });
    if (rectangle.width > 40 && rectangle.height > 18) cell.append(element("span", { class: "cell-name" }, entry.name));
    place(cell, rectangle);
    return [cell];
  });
}

function place(cell, { x, y, width, height }) {
  Object.assign(cell.style, { left: `${x}px`, top: `${y}px`, width: `${Math.max(width - 1, 1)}px`, height: `${Math.max(height - 1, 1)}px` });
}

/** Where a click in a treemap leads: to what is in the cell, or to the cell itself as its link does. */
function followInnerCell(event) {
  const inner = event.target.closest("[data-address]");
  if (!inner || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.hash = inner.dataset.address;
}
