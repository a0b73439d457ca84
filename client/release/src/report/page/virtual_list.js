// A long list of which only the rows in sight are in the page.

class VirtualList {
  /** Rows kept ready above and below what is in sight. */
  static SPARE = 8;
  /** Browsers cannot lay out much higher elements; longer lists scroll in larger steps. */
  static MAX_HEIGHT = 8e6;

  /**
   * `body` scrolls; `renderRow(index)` makes a row of `rowHeight` pixels. A row's first link, or else the row itself,
   * takes the focus; arrow keys move it. `onactive(index)` is told which row has it.
   */
  constructor(body, { rowHeight, renderRow, onactive = () => {} }) {
    Object.assign(this, { body, rowHeight, renderRow, onactive });
    this.count = 0;
    this.active = 0;
    this.rows = new Map();
    this.spacer = element("div", { class: "spacer", role: "presentation" });
    body.append(this.spacer);
    body.addEventListener("scroll", () => this.#update());
    body.addEventListener("keydown", (event) => this.#onKey(event));
    body.addEventListener("focusin", (event) => this.#onFocus(event));
    new ResizeObserver(() => this.#update()).observe(body);
  }

  /** Shows another list, from its top or from the row `at`. */
  reset(count, at = 0) {
    this.count = count;
    this.body.closest("[role=grid]").setAttribute("aria-rowcount", count + 1);
    this.active = Math.min(at, Math.max(count - 1, 0));
    this.height = Math.min(count * this.rowHeight, VirtualList.MAX_HEIGHT);
    this.spacer.style.height = `${this.height}px`;
    this.refresh();
    this.body.scrollTop = 0;
    if (at > 0) this.reveal(at);
  }

  /** Makes all rows anew. */
  refresh() {
    const hadFocus = this.body.contains(document.activeElement);
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
    this.#update();
    if (hadFocus && this.count > 0) focusTarget(this.rows.get(this.active)).focus({ preventScroll: true });
  }

  /** Scrolls to a row, about to the middle, unless it is in sight. */
  reveal(index) {
    const visible = Math.floor(this.body.clientHeight / this.rowHeight);
    const first = this.#firstInSight();
    if (index > first && index < first + visible - 1) return;
    this.#scrollToRow(index - Math.floor(visible / 2));
  }

  /** Moves the focus to a row. */
  focus(index) {
    if (this.count === 0) return;
    this.#activate(index);
    const visible = Math.floor(this.body.clientHeight / this.rowHeight);
    const first = this.#firstInSight();
    if (this.active < first) this.#scrollToRow(this.active);
    else if (this.active > first + visible - 1) this.#scrollToRow(this.active - visible + 1);
    this.#update();
    focusTarget(this.rows.get(this.active)).focus({ preventScroll: true });
  }

  /** How many pixels of the list one pixel of scrolling is, as far as the list's top is concerned. */
  #scale() {
    const hidden = this.height - this.body.clientHeight;
    return hidden > 0 ? Math.max((this.count * this.rowHeight - this.body.clientHeight) / hidden, 1) : 1;
  }

  #firstInSight() {
    return Math.ceil((this.body.scrollTop * this.#scale()) / this.rowHeight - 0.01);
  }

  #scrollToRow(index) {
    this.body.scrollTop = (Math.max(index, 0) * this.rowHeight) / this.#scale();
  }

  #update() {
    const listTop = this.body.scrollTop * this.#scale();
    const first = Math.max(Math.floor(listTop / this.rowHeight) - VirtualList.SPARE, 0);
    const end = Math.min(Math.ceil((listTop + this.body.clientHeight) / this.rowHeight) + VirtualList.SPARE, this.count);
    for (const [index, row] of this.rows) {
      // The active row stays wherever it is, because the focus would be lost with it.
      if ((index < first || index >= end) && index !== this.active) {
        row.remove();
        this.rows.delete(index);
      }
    }
    for (let index = first; index < end; index += 1) this.#ensure(index);
    if (this.count > 0) this.#ensure(this.active);
    for (const [index, row] of this.rows) row.style.top = `${index * this.rowHeight - listTop + this.body.scrollTop}px`;
  }

  #ensure(index) {
    if (this.rows.has(index)) return;
    const row = this.renderRow(index);
    row.classList.add("row");
    row.setAttribute("role", "row");
    // The header is the first row.
    row.setAttribute("aria-rowindex", index + 2);
    row.style.height = `${this.rowHeight}px`;
    row.dataset.index = index;
    row.querySelectorAll("a").forEach((link) => link.setAttribute("tabindex", -1));
    focusTarget(row).setAttribute("tabindex", index === this.active ? 0 : -1);
    this.rows.set(index, row);
    const next = [...this.spacer.children].find((other) => Number(other.dataset.index) > index);
    this.spacer.insertBefore(row, next ?? null);
  }

  #activate(index) {
    const before = this.rows.get(this.active);
    if (before) focusTarget(before).setAttribute("tabindex", -1);
    this.active = Math.min(Math.max(index, 0), this.count - 1);
    this.#ensure(this.active);
    focusTarget(this.rows.get(this.active)).setAttribute("tabindex", 0);
    this.onactive(this.active);
  }

  #onFocus(event) {
    const row = event.target.closest(".row");
    if (row) this.#activate(Number(row.dataset.index));
  }

  #onKey(event) {
    const page = Math.max(Math.floor(this.body.clientHeight / this.rowHeight) - 1, 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.focus(this.active + step);
  }
}

function focusTarget(row) {
  return row.querySelector("a") ?? row;
}
