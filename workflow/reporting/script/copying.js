// A table as text: raw numbers as CSV, printed ones as Markdown and LaTeX; and how text leaves the page.

const shownCells = (row) => [...row.cells].filter((cell) => !cell.classList.contains("hidden-column"));
const shownRows = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.hidden);
const tidy = (text) => text.replaceAll("\u202f", "").replace(/\s+/g, " ").trim();
const printed = (cell) => tidy(cell.querySelector(".value")?.textContent ?? cell.textContent);
const beneath = (cell) => tidy(cell.querySelector("small")?.textContent ?? "");
const headline = (cell) => {
  const title = tidy(cell.dataset.title ?? cell.textContent);
  return cell.dataset.unit ? `${title} (${tidy(cell.dataset.unit)})` : title;
};

// The number itself where there is one, what is printed otherwise; nothing for what was not measured.
function raw(cell) {
  if (cell.classList.contains("missing")) return "";
  return cell.classList.contains("number") && cell.dataset.sort !== undefined ? cell.dataset.sort : printed(cell);
}

const noFormula = (text) => (/^[=+\-@\t\r\n]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text); // as in summary/writing.py
const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function asCsv(table) {
  const lines = [shownCells(table.tHead.rows[0]).map(headline), ...shownRows(table).map((row) => shownCells(row).map(raw))];
  return lines.map((line) => line.map(noFormula).map(quoted).join(",")).join("\n") + "\n";
}

const words = (cell) => [printed(cell), beneath(cell) && `(${beneath(cell)})`].filter(Boolean).join(" ");

function asMarkdown(table) {
  const safe = (text) => text.replaceAll("|", "\\|");
  const heads = shownCells(table.tHead.rows[0]);
  const rule = heads.map((cell) => (cell.classList.contains("number") ? "---:" : "---"));
  const lines = [heads.map(headline), rule, ...shownRows(table).map((row) => shownCells(row).map(words))];
  return lines.map((line) => `| ${line.map(safe).join(" | ")} |`).join("\n") + "\n";
}

const TEX = { "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "−": "$-$", "–": "--", "±": "$\\pm$", "≥": "$\\ge$", "≤": "$\\le$", "×": "$\\times$" };
const tex = (text) => text.replace(/[\\{}~^−–±≥≤×&%$#_]/g, (sign) => TEX[sign] ?? `\\${sign}`);

function asLatex(table) {
  const heads = shownCells(table.tHead.rows[0]);
  const align = heads.map((cell) => (cell.classList.contains("number") ? "r" : "l")).join("");
  const line = (texts) => `${texts.map(tex).join(" & ")} \\\\`;
  const body = shownRows(table).map((row) => line(shownCells(row).map(words)));
  return [`\\begin{tabular}{${align}}`, "\\toprule", line(heads.map(headline)), "\\midrule", ...body, "\\bottomrule", "\\end{tabular}", ""].join("\n");
}

const FORMS = { csv: asCsv, markdown: asMarkdown, latex: asLatex, text: (element) => element.textContent };

function say(words) {
  document.getElementById("said").textContent = words;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"); // pages opened from a disk may lack the clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function save(content, type, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 2000);
}

async function onCopy(button) {
  await copy(FORMS[button.dataset.copy](document.getElementById(button.dataset.of)));
  say("Copied.");
  const label = button.textContent;
  button.textContent = "Copied ✓";
  setTimeout(() => (button.textContent = label), 1200);
  button.closest("details.menu")?.removeAttribute("open");
}
