// A button that copies the value or the text of the element it names. What comes into the page later is armed by whoever brings it.
export const arm = (root) => {
  for (const button of root.querySelectorAll("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) continue;
    const label = button.textContent;
    const status = document.createElement("span");
    status.className = "hidden";
    status.setAttribute("role", "status");
    button.after(status);
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = "value" in source ? source.value : source.textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
        status.textContent = "Copied to the clipboard";
      } catch {
        // Without HTTPS a browser has no clipboard: select, for the person's own keys.
        if (source.select) source.select(); else getSelection().selectAllChildren(source);
        button.textContent = "Press Ctrl+C";
        status.textContent = "Selected: press Control C to copy";
      }
      setTimeout(() => { button.textContent = label; status.textContent = ""; }, 2500);
    });
  }
  for (const field of root.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
};
arm(document);
