// Everything begins here. Without this script the page stands as it was printed.

function restore() {
  restoreTables(view.values);
  isolate(chosen("alone"));
  explore();
}

const ON_CLICK = [
  ["button.sort", onSort],
  ["button[data-copy]", onCopy],
  ["button[data-save]", (button) => save(asCsv(document.getElementById(button.dataset.of)), "text/csv", `${button.dataset.of}.csv`)],
  ["button[data-figure]", onFigure],
  ["button[data-isolate]", (button) => toggle(button.dataset.isolate)],
  ["#download", () => save(document.getElementById("summary").textContent, "application/json", "summary.json")],
];

document.documentElement.classList.add("scripted");
document.querySelectorAll("[data-columns]").forEach(offerColumns);
document.querySelectorAll("figure").forEach(roving);
offerSetting();
watchMarks();

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
  const mark = markOf(event.target);
  if (mark && !mark.matches("button")) {
    event.preventDefault();
    toggle(mark.dataset.row);
    return;
  }
  for (const [selector, act] of ON_CLICK) {
    const button = event.target.closest(selector);
    if (button) act(button);
  }
});
document.addEventListener("input", (event) => {
  const of = event.target.dataset.filter;
  if (!of) return;
  filterTable(document.getElementById(of), event.target.value);
  choose(`filter.${of}`, event.target.value);
});
document.getElementById("open-other").addEventListener("change", (event) => onOpen(event.target));
addEventListener("hashchange", onAddress);
addEventListener("beforeprint", () => document.querySelectorAll("section details:not(.menu)").forEach((part) => (part.open = true)));
Object.assign(view, readAddress());
restore();
goTo(view.place);
