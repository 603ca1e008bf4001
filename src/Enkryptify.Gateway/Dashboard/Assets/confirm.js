// A link to a page that asks "are you sure" opens that page's question as a dialog: <a data-confirm href="…">. The question stays the server's.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-confirm]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const question = page.querySelector("[data-question]");
    if (!answer.ok || answer.redirected || !question) { location.assign(link.href); return; }
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "question-title");
    dialog.append(...document.importNode(question, true).childNodes);
    dialog.querySelector("h1")?.setAttribute("id", "question-title");
    for (const no of dialog.querySelectorAll("[data-cancel]")) {
      no.addEventListener("click", (click) => { click.preventDefault(); dialog.close(); });
    }
    dialog.addEventListener("close", () => { dialog.remove(); (link.closest("details.menu")?.querySelector("summary") ?? link).focus(); });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[data-cancel]")?.focus();
  } catch {
    location.assign(link.href);
  }
});
