// The tree of teams, projects and environments: a box includes all beneath it, and a parent shows when only some are ticked. What is sent is the
// least that says the same; the server simplifies once more and judges.
for (const tree of document.querySelectorAll("[data-scope]")) {
  const boxes = [...tree.querySelectorAll("input[type=checkbox]")];
  const under = (box) => [...(box.closest("li").querySelector(":scope > ul")?.querySelectorAll("input[type=checkbox]") ?? [])];
  const show = () => {
    for (const box of [...boxes].reverse()) {
      const inner = under(box);
      if (!inner.length) { box.indeterminate = false; continue; }
      const some = inner.some((one) => one.checked);
      box.indeterminate = !box.checked && some;
    }
  };
  tree.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type !== "checkbox") return;
    for (const one of under(box)) one.checked = box.checked;
    if (!box.checked) {
      // Taking one thing out of a ticked parent leaves the parent's other children ticked.
      for (let item = box.closest("ul").closest("li"); item && tree.contains(item); item = item.parentElement.closest("li")) {
        const parent = item.querySelector(":scope > .choice input");
        if (parent) parent.checked = false;
      }
    }
    show();
  });
  for (const box of boxes) if (box.checked) for (const one of under(box)) one.checked = true;
  show();
  tree.closest("form")?.addEventListener("submit", () => {
    for (const box of boxes) if (box.checked) for (const one of under(box)) one.disabled = true;
    setTimeout(() => { for (const box of boxes) box.disabled = false; });
  });

  // Full workspace access needs no tree.
  const all = tree.closest("form")?.querySelectorAll("input[name=access]") ?? [];
  const toggle = () => { const chosen = [...all].find((one) => one.checked); tree.hidden = chosen?.value === "all"; };
  for (const one of all) one.addEventListener("change", toggle);
  if (all.length) toggle();
}
