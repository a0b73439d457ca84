// Pages work without this: it adds buttons that copy, and two keys.
"use strict";
for (const button of document.querySelectorAll("button.copy")) {
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy || location.href);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed to copy";
    }
    setTimeout(() => { button.textContent = name; }, 1500);
  });
}
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const box = document.querySelector("#find, #text");
    if (box) {
      box.focus();
      event.preventDefault();
    }
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form && event.target.id === "text") {
    event.target.form.requestSubmit();
  }
});
