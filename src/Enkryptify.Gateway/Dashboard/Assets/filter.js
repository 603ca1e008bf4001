// Filters as one types: the form's own query is asked of the server, and the part named by data-results is exchanged. Enter works without this.
for (const form of document.querySelectorAll("form[data-live]")) {
  const results = document.getElementById(form.dataset.live);
  if (!results) continue;
  let timer = 0;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    // Not form.action: a field of that name would stand in its place.
    const url = new URL(form.getAttribute("action"), location.href);
    for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
    try {
      const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "text/html" } });
      if (mine !== asked) return;
      const found = answer.ok && !answer.redirected
        ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(form.dataset.live) : null;
      if (!found) { HTMLFormElement.prototype.submit.call(form); return; } // no submit event: it would lead back here
      if (mine !== asked) return;
      results.replaceChildren(...document.importNode(found, true).childNodes);
      history.replaceState(null, "", url);
    } catch {
      // Offline for a moment: the next key asks again.
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 180); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); ask(); });
  for (const button of form.querySelectorAll("[data-unscripted]")) button.hidden = true;
}
