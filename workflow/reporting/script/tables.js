// Sorting, filtering and choosing the columns of a table. What is chosen stands in the address.

const compare = (a, b) => {
  if (a === null || b === null) return (a === null) - (b === null); // what was not measured stays last
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? String(a).localeCompare(String(b)) : x - y;
};

function sortTable(table, place, descending) {
  const body = table.tBodies[0];
  for (const header of table.tHead.rows[0].cells) header.removeAttribute("aria-sort");
  table.tHead.rows[0].cells[place].setAttribute("aria-sort", descending ? "descending" : "ascending");
  const key = (row) => {
    const cell = row.cells[place];
    return cell.classList.contains("missing") ? null : (cell.dataset.sort ?? cell.textContent);
  };
  const rows = [...body.rows].sort((one, two) => {
    const [a, b] = [key(one), key(two)];
    return a === null || b === null || !descending ? compare(a, b) : compare(b, a);
  });
  body.append(...rows);
}

function onSort(button) {
  const header = button.closest("th");
  const table = header.closest("table");
  const first = header.classList.contains("number") ? "descending" : "ascending";
  const now = header.getAttribute("aria-sort");
  const next = now === first ? (first === "descending" ? "ascending" : "descending") : first;
  sortTable(table, header.cellIndex, next === "descending");
  choose(`sort.${table.id}`, `${header.cellIndex}${next === "descending" ? "d" : "a"}`);
}

function filterTable(table, text) {
  const sought = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of table.tBodies[0].rows) {
    const found = row.textContent.toLowerCase();
    row.hidden = !sought.every((word) => found.includes(word));
  }
}

function hideColumns(table, hidden) {
  for (const row of table.rows)
    for (const cell of row.cells) cell.classList.toggle("hidden-column", cell.colSpan === 1 && hidden.has(cell.cellIndex));
}

// Checkboxes for all columns but the first, made once.
function offerColumns(box) {
  const table = document.getElementById(box.dataset.columns);
  [...table.tHead.rows[0].cells].slice(1).forEach((header, place) => {
    const [label, input] = [document.createElement("label"), document.createElement("input")];
    Object.assign(input, { type: "checkbox", checked: true, value: place + 1 });
    label.append(input, headline(header));
    box.append(label);
  });
  box.addEventListener("change", () => {
    const hidden = new Set([...box.querySelectorAll("input:not(:checked)")].map((input) => Number(input.value)));
    hideColumns(table, hidden);
    choose(`hide.${table.id}`, [...hidden].join("."));
  });
}

function restoreTables(values) {
  for (const [key, value] of values) {
    const [kind, ...rest] = key.split(".");
    const table = document.getElementById(rest.join("."));
    if (!table) continue;
    if (kind === "sort" && table.tHead.rows[0].cells[parseInt(value)]) sortTable(table, parseInt(value), value.endsWith("d"));
    if (kind === "filter") {
      filterTable(table, value);
      document.querySelector(`[data-filter="${table.id}"]`).value = value;
    }
    if (kind === "hide") {
      const hidden = new Set(value.split(".").filter(Boolean).map(Number));
      hideColumns(table, hidden);
      const box = document.querySelector(`[data-columns="${table.id}"]`);
      box?.querySelectorAll("input").forEach((input) => (input.checked = !hidden.has(Number(input.value))));
    }
  }
}
