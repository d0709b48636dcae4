// The reader's own setting: what they choose, and the tables and the plot that follow.

const explorerData = JSON.parse(document.getElementById("explorer-data")?.textContent ?? "null");
const GIB = 2 ** 30;

function defaults() {
  const { coefficients, run, scores } = explorerData;
  return { classes: run.classes ?? run.largest ?? 1000, batch: coefficients.batch ?? 1, dim: coefficients.dim ?? 1, processes: 1, memory: "", speed: "", score: scores[0]?.name ?? "" };
}

const LIMITS = { classes: [1, 1e8], batch: [1, 1e6], dim: [1, 65536], processes: [1, 4096], memory: [0, Infinity], speed: [0, Infinity] };

// The setting in the address, with this run's own where nothing sensible is chosen.
function setting() {
  const found = defaults();
  for (const [name, [low, high]] of Object.entries(LIMITS)) {
    const value = Number(chosen(name, NaN));
    if (chosen(name) !== "" && value >= low && value <= high) found[name] = name === "memory" || name === "speed" ? value : Math.round(value);
  }
  if (explorerData.scores.some((score) => score.name === chosen("score"))) found.score = chosen("score");
  return found;
}

// Every row in the setting, with what speaks against it there.
function rowsIn(now) {
  const score = explorerData.scores.find((each) => each.name === now.score);
  return explorerData.coefficients.rows.map((row) => {
    const step = composed(row, now);
    const against = [];
    if (now.memory !== "" && step.bytes && step.bytes.value > now.memory * GIB) against.push(`needs ${size(step.bytes.value)} of ${number(now.memory)} GiB`);
    if (now.speed !== "" && step.rate && step.rate.value < now.speed) against.push("slower than asked");
    return { row, name: row.name, ...step, score: score?.rows[row.name] ?? null, look: explorerData.looks[row.name], against };
  });
}

const spanOf = (found, show) => (found.low === found.high ? "" : `${show(found.low)} to ${show(found.high)}`);
const halfOf = (found, show) => (found.low === found.high ? "" : `± ${show(found.high - found.value)}`);

function fill(cell, found, show, beside = spanOf) {
  const missing = !found;
  cell.classList.toggle("missing", missing);
  cell.querySelectorAll("small, sup").forEach((part) => part.remove());
  const value = cell.querySelector(".value a") ?? cell.querySelector(".value");
  value.textContent = missing ? "not known" : show(found.value);
  if (missing) return cell.removeAttribute("data-sort");
  cell.dataset.sort = found.value;
  const span = document.createElement("small");
  span.textContent = beside(found, show);
  if (span.textContent) cell.append(span);
}

// What the numbers of a row rest on, or why there are none.
function restsOn({ row, ms, bytes, basis: on, bytesBasis }) {
  const time = ms ? on : (row.missing ?? explorerData.oneSize);
  const memory = bytes ? bytesBasis : (row.missing_bytes ?? explorerData.oneSize);
  const words = time === memory ? time : `${time}; memory: ${memory}`;
  return `${row.plain ? "a cost reference, which no run trains; " : ""}${words}${ms && !row.exclusive ? "; disturbed timing" : ""}`;
}

// What the model says of a step that several processes share; nothing of one that one process takes.
function shared({ each, sent }, { processes }) {
  if (processes === 1 || !each) return [];
  const sends = sent === null ? "" : ` and sends ${size(sent)}`;
  return [`each of ${count(processes)} processes computes ${number(each.value)} ms${sends}`];
}

function fillExplorer(rows, now) {
  const lines = [...document.getElementById("table-explorer").tBodies[0].rows];
  for (const found of rows) {
    const line = lines.find((each) => printed(each.cells[0]) === tidy(found.name));
    if (!line) continue;
    const [, score, rate, ms, bytes, rests] = line.cells;
    const own = found.score;
    fill(score, own && range(own.mean, own.low ?? own.mean, own.high ?? own.mean), (value) => value.toFixed(1), halfOf);
    fill(rate, found.rate, number);
    fill(ms, found.ms, number);
    fill(bytes, found.bytes, size);
    rests.querySelector(".value").textContent = [restsOn(found), ...shared(found, now), ...found.against].join("; ");
    line.classList.toggle("refused", found.against.length > 0);
  }
}

// The costs beside the answers follow, except in this run's own setting, where they are measured.
function fillAnswers(rows, changed) {
  for (const cell of document.querySelectorAll("[data-cost]")) {
    const found = rows.find((each) => each.name === cell.dataset.row);
    const value = cell.querySelector(".value a") ?? cell.querySelector(".value");
    cell.dataset.own ??= JSON.stringify([value.textContent, cell.dataset.sort ?? null]);
    const [text, raw] = JSON.parse(cell.dataset.own);
    const now = found && (cell.dataset.cost === "rate" ? found.rate : found.bytes);
    value.textContent = !changed ? text : now ? (cell.dataset.cost === "rate" ? number(now.value) : size(now.value)) : "not known";
    const sort = changed ? now?.value : raw;
    if (sort === undefined || sort === null) delete cell.dataset.sort;
    else cell.dataset.sort = sort;
    cell.classList.toggle("refused", changed && Boolean(found?.against.length));
  }
}

function inWords(now) {
  const { processes } = now;
  return `${count(now.classes)} classes, batch ${count(now.batch)}, dimension ${count(now.dim)}, ${processes === 1 ? "one process" : `${count(processes)} processes`}`;
}

// What this run does not know of the reader's setting, each in a sentence.
function unknowns(now, rows) {
  const { run, coefficients } = explorerData;
  const found = [];
  if (run.classes && now.classes !== run.classes) found.push(`Accuracy was measured at ${count(run.classes)} classes, not at ${count(now.classes)}: it may rank the heads differently there.`);
  if (run.largest && now.classes > run.largest) found.push(`${count(now.classes)} classes are ${times10(now.classes / run.largest)} times the most that a head was timed at (${count(run.largest)}): costs are extrapolated, with the error that stands beneath them.`);
  found.push(`Times are of ${run.device ?? "an unknown device"}${/^cpu$/i.test(run.device ?? "") ? "; what a GPU would take is not known from this run" : ""}.`);
  if (now.processes > 1) found.push(`Times are of one process that does the whole batch; a step shared by ${count(now.processes)} processes was not measured, and how long they wait for each other is not known. Memory is that of each process.`);
  if (now.batch !== coefficients.batch || now.dim !== coefficients.dim) found.push(`Batch and dimension are not those that were measured (${coefficients.batch}, ${coefficients.dim}): costs go with the work that each head declares.`);
  const share = run.classes && run.singletons !== null ? run.singletons / run.classes : null;
  if (share !== null) found.push(`${Math.round(100 * share)} % of the classes trained here have one image; if yours differ much, read the regime “few-shot” first.`);
  const lost = rows.filter((each) => !each.ms).map((each) => each.name);
  if (lost.length) found.push(`Not known here: ${lost.join(", ")}.`);
  return found;
}

function verdict(now, rows) {
  if (now.memory === "" && now.speed === "") return "";
  const left = rows.filter((each) => !each.row.plain && each.ms && !each.against.length).map((each) => each.name);
  return left.length ? `Within your limits: ${left.join(", ")}.` : "No head is within your limits.";
}

function sayUnknown(now, rows) {
  const [box, list] = [document.getElementById("unknown"), document.createElement("ul")];
  const title = document.createElement("p");
  title.textContent = `${verdict(now, rows)} For ${inWords(now)}, this is not known:`.trim();
  for (const words of unknowns(now, rows)) list.append(Object.assign(document.createElement("li"), { textContent: words }));
  box.replaceChildren(title, list);
}

function tipOf(found) {
  const seeds = `${found.score.n} ${found.score.n === 1 ? "seed" : "seeds"}`;
  return `${found.score.mean.toFixed(1)} % (${seeds}), ${number(found.rate.value)} images/s, ${found.bytes ? size(found.bytes.value) : "memory not known"}, ${found.basis}`;
}

function explore() {
  if (!explorerData) return;
  const [now, own] = [setting(), defaults()];
  const rows = rowsIn(now);
  fillForm(now);
  fillExplorer(rows, now);
  const changed = ["classes", "batch", "dim", "processes"].some((name) => now[name] !== own[name]);
  fillAnswers(rows, changed || now.memory !== "" || now.speed !== "");
  const score = explorerData.scores.find((each) => each.name === now.score);
  document.getElementById("caption-explorer").textContent = `Accuracy (${score?.label}) and the composed cost of a whole training step: ${inWords(now)}`;
  const where = document.getElementById("where-answer");
  where.dataset.own ??= where.textContent;
  where.textContent = changed ? `(composed for ${inWords(now)})` : where.dataset.own;
  sayUnknown(now, rows);
  const spots = rows.filter((each) => each.rate && each.score && each.look).map((each) => ({ ...each, refused: each.against.length > 0, tip: tipOf(each) }));
  scatter(document.getElementById("plot"), spots, score?.label ?? "");
  for (const element of document.querySelectorAll("#plot .of-row")) element.classList.toggle("alone", element.dataset.row === chosen("alone"));
}

function fillForm(now) {
  for (const input of document.querySelectorAll("[data-choose]")) if (input !== document.activeElement) input.value = now[input.dataset.choose];
  const slide = document.getElementById("slide-classes");
  if (slide !== document.activeElement) slide.value = Math.log10(now.classes);
  slide.setAttribute("aria-valuetext", `${count(now.classes)} classes`);
}

const twoDigits = (value) => Number(value.toPrecision(2));

function offerSetting() {
  if (!explorerData) return;
  const list = document.getElementById("choose-score");
  for (const score of explorerData.scores) list.append(new Option(score.label, score.name));
  const form = document.querySelector(".chooser");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    if (target.id === "slide-classes") choose("classes", String(twoDigits(10 ** target.value)));
    else if (target.checkValidity()) choose(target.dataset.choose, target.value);
    explore();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const name of [...Object.keys(LIMITS), "score"]) choose(name, "");
    explore();
  });
  new ResizeObserver(() => explore()).observe(document.getElementById("explorer"));
}
