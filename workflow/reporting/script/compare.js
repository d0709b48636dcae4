// Another summary.json beside this one: per row the mean of a score in both, and the difference. Nothing leaves the page.

const shares = (values) => values.filter((value) => typeof value === "number");
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// Means over good seeds by row, in percent.
function meansOf(stored, score) {
  const found = new Map();
  for (const run of stored.runs ?? []) {
    const value = run.outcome === "ok" ? run.scores?.test?.[score] : null;
    if (typeof value === "number") found.set(run.name, [...(found.get(run.name) ?? []), 100 * value]);
  }
  return new Map([...found].map(([name, values]) => [name, { mean: mean(shares(values)), n: values.length }]));
}

function alike(other) {
  const own = summary();
  const lost = ["protocol", "dataset_hash", "split_hash", "backbone"].filter((name) => own[name] !== other[name]);
  return lost.length ? `The two differ in ${lost.join(", ").replaceAll("_", " ")}: their scores answer different questions.` : "Same protocol, data, split and backbone: the scores may be compared.";
}

function cellOf(text, kind = "td", raw) {
  const cell = document.createElement(kind);
  const value = Object.assign(document.createElement("span"), { className: "value", textContent: text });
  cell.append(value);
  if (kind === "td") cell.className = raw === undefined ? "number missing" : "number";
  if (raw !== undefined) cell.dataset.sort = raw;
  if (kind === "th") cell.scope = "row";
  return cell;
}

const signed = (value) => `${value > 0 ? "+" : ""}${value.toFixed(1)}`.replace("-", "−");

function comparedLine(name, score, here, there) {
  const line = document.createElement("tr");
  const [own, its] = [here.get(name), there.get(name)];
  const show = (found) => (found ? cellOf(`${found.mean.toFixed(1)}`, "td", found.mean) : cellOf("not there"));
  const gap = own && its ? cellOf(signed(its.mean - own.mean), "td", its.mean - own.mean) : cellOf("not there");
  line.append(cellOf(name, "th"), cellOf(score.label, "th"), show(own), show(its), gap);
  return line;
}

function compareWith(other, name) {
  const body = document.getElementById("table-compared").tBodies[0];
  body.replaceChildren();
  for (const score of explorerData?.scores ?? []) {
    const [here, there] = [meansOf(summary(), score.name), meansOf(other, score.name)];
    for (const row of new Set([...here.keys(), ...there.keys()])) body.append(comparedLine(row, score, here, there));
  }
  document.getElementById("compared-words").textContent = `${name}, profile ${other.profile}: ${alike(other)} A difference says nothing by itself: hold it against the spread over seeds.`;
  document.getElementById("compared").hidden = false;
}

async function onOpen(input) {
  const file = input.files[0];
  const words = document.getElementById("compared-words");
  if (!file) return;
  try {
    const other = JSON.parse(await file.text());
    if (!Array.isArray(other.runs)) throw new Error("it has no runs");
    compareWith(other, file.name);
  } catch (error) {
    document.getElementById("compared").hidden = true;
    words.textContent = `${file.name} is no summary of Headroom (${error.message}): choose the summary.json of a profile.`;
  }
}
