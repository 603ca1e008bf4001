// Everything here only adds to pages that work without it.
import "./copy.js";
import "./time.js";
import "./confirm.js";
import "./filter.js";
import "./scope.js";
import "./reveal.js";
import "./secrets.js";

document.documentElement.classList.add("scripted");

// The menu of narrow windows.
const bar = document.querySelector("[data-menu]");
const sidebar = document.getElementById("sidebar");
if (bar && sidebar) {
  bar.setAttribute("role", "button");
  bar.setAttribute("aria-expanded", "false");
  const toggle = (open) => {
    sidebar.classList.toggle("open", open);
    bar.setAttribute("aria-expanded", String(open));
    if (open) sidebar.querySelector("a[href], summary")?.focus();
  };
  bar.addEventListener("click", (event) => { event.preventDefault(); toggle(!sidebar.classList.contains("open")); });
  bar.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); bar.click(); } });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && sidebar.classList.contains("open")) { toggle(false); bar.focus(); }
  });
}

// Menus close when something else is meant.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open], details.switcher[open], details.account[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.activeElement?.closest("details.menu[open], details.switcher[open], details.account[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});

// Keys, except where somebody types.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "/") {
    const filter = document.querySelector("[data-filter], input[type=search]");
    if (filter) { event.preventDefault(); filter.focus(); filter.select(); }
  } else if (event.key === "?") {
    document.getElementById("help")?.showModal();
  }
});

// A form is sent once, however often its button is pressed; one that gives a file (data-again) leaves its page standing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented || "again" in form.dataset) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "true";
});
window.addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

// What was shown once is not to come back from the page cache, nor is the form to be sent again for it: data-once says where to go instead.
window.addEventListener("pageshow", (event) => {
  const once = document.querySelector("[data-once]");
  if (!event.persisted || !once) return;
  if (once.dataset.once) location.replace(once.dataset.once); else location.reload();
});
