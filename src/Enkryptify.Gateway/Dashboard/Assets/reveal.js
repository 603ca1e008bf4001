// Shows a value in its place: the form <form data-reveal="id"> is posted, and the part of the answer with that id takes the place of this page's.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const id = form.dataset?.reveal;
  if (!id || event.defaultPrevented) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", headers: { Accept: "text/html" } });
    const found = answer.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id) : null;
    const place = document.getElementById(id);
    if (!found || !place) { form.removeAttribute("data-reveal"); form.submit(); return; }
    place.replaceWith(document.importNode(found, true));
    document.getElementById(id)?.querySelector("button, a, input")?.focus();
  } catch {
    form.submit();
  }
}, true);
