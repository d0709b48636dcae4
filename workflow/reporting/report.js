"use strict";
// Sorting, filtering and downloads. The page is complete without it.
const compare = (a, b) => {
  if (a === null || b === null) return (a === null) - (b === null); // what was not measured stays last
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? String(a).localeCompare(String(b)) : x - y;
};

function sortBy(button) {
  const header = button.closest("th");
  const body = header.closest("table").tBodies[0];
  const place = header.cellIndex;
  const down = header.getAttribute("aria-sort") === (header.classList.contains("number") ? "descending" : "ascending");
  const descending = header.classList.contains("number") ? !down : down;
  header.parentNode.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const key = (row) => (row.cells[place].classList.contains("missing") ? null : row.cells[place].dataset.sort ?? row.cells[place].textContent);
  const rows = [...body.rows].sort((one, two) => {
    const [a, b] = [key(one), key(two)];
    return a === null || b === null || !descending ? compare(a, b) : compare(b, a);
  });
  body.append(...rows);
}

function filterRows(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of document.getElementById(input.dataset.filter).tBodies[0].rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
}

function save(text, type, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const quoted = (text) => `"${text.replaceAll("\u202f", "").replaceAll('"', '""').trim()}"`;

function tableAsCsv(table) {
  const head = [...table.tHead.rows[0].cells].map((cell) => quoted(cell.innerText.replace(/\s+/g, " ")));
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const lines = rows.map((row) => [...row.cells].map((cell) => quoted(cell.querySelector(".value").textContent)).join(","));
  return [head.join(","), ...lines].join("\n") + "\n";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("sort")) sortBy(button);
  if (button.dataset.csv) save(tableAsCsv(document.getElementById(button.dataset.csv)), "text/csv", `${button.dataset.csv}.csv`);
  if (button.id === "download") save(document.getElementById("summary").textContent, "application/json", "summary.json");
});
document.addEventListener("input", (event) => {
  if (event.target.dataset.filter) filterRows(event.target);
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
