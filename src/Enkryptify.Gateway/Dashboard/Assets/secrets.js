// A value is revealed, or its form opened, in its place, and hidden again by itself. Without this each is a page of its own.
import { arm } from "./copy.js";

const SHOWN_FOR = 30_000;
const open = new Map();

const hide = (place, focus) => {
  const kept = open.get(place);
  if (!kept) return;
  clearTimeout(kept.timer);
  open.delete(place);
  place.querySelectorAll("textarea").forEach((area) => { area.value = ""; });
  place.replaceWith(kept.masked);
  if (focus) kept.masked.querySelector("button, a")?.focus();
};

// Somebody who is typing is not interrupted.
const later = (place) => setTimeout(() => {
  const area = place.querySelector("textarea:not([readonly])");
  if (area && (area === document.activeElement || area.value !== area.defaultValue)) { open.get(place).timer = later(place); return; }
  hide(place, place.contains(document.activeElement));
}, SHOWN_FOR);

const show = async (masked, request, otherwise) => {
  try {
    const answer = await request();
    const found = answer.ok && !answer.redirected
      ? new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-place]") : null;
    if (!found || !masked.isConnected) { otherwise(); return; }
    const place = document.importNode(found, true);
    for (const back of place.querySelectorAll("[data-back]")) back.value = location.pathname + location.search;
    masked.replaceWith(place);
    open.set(place, { masked, timer: later(place) });
    arm(place);
    const area = place.querySelector("textarea");
    area?.focus();
    area?.setSelectionRange(0, 0);
  } catch {
    otherwise();
  }
};

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  const masked = button?.form?.id === "reveal" ? button.closest(".place") : null;
  if (!masked || event.defaultPrevented) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const body = new URLSearchParams(new FormData(button.form));
  show(masked, () => fetch(button.formAction, { method: "POST", body, credentials: "same-origin", headers: { Accept: "text/html" } }), () => {
    button.form.action = button.formAction;
    button.form.submit();
  });
}, true);

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  const link = event.target.closest("a[data-open]");
  const close = event.target.closest("a[data-close]");
  if (link) {
    event.preventDefault();
    show(link.closest(".place"), () => fetch(link.href, { credentials: "same-origin", headers: { Accept: "text/html" } }), () => location.assign(link.href));
  } else if (close && open.has(close.closest("[data-place]"))) {
    event.preventDefault();
    hide(close.closest("[data-place]"), true);
  }
});

document.addEventListener("keydown", (event) => {
  const place = event.target.closest?.("[data-place]");
  if (!place || !open.has(place)) return;
  if (event.key === "Escape") { event.stopPropagation(); hide(place, true); }
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) place.querySelector("form")?.requestSubmit();
}, true);

// Nothing revealed is kept with a page that is left.
window.addEventListener("pagehide", () => { for (const place of [...open.keys()]) hide(place, false); });
