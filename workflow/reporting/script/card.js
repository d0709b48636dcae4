// A card beside a mark: head, ratio, seeds, value, and links to its records.

const card = document.getElementById("card");
let parting = 0;

const summary = (() => {
  let known;
  return () => (known ??= JSON.parse(document.getElementById("summary").textContent));
})();

function rowFacts(name) {
  const runs = summary().runs.filter((run) => run.name === name);
  if (!runs.length) return "";
  const good = runs.filter((run) => run.outcome === "ok").map((run) => run.seed);
  return `head ${runs[0].label}, ratio ${runs[0].ratio}, ${good.length === 1 ? "seed" : "seeds"} ${good.join(", ") || "none ok"}`;
}

// Links to the files of the records listed at a place of the page, and to that place.
function recordLinks(place) {
  const there = place && document.getElementById(place);
  if (!there) return [];
  const links = [...there.querySelectorAll("th a")].slice(0, 6).map((link) => {
    const copy = link.cloneNode(true);
    copy.textContent = `record, ${link.textContent}`;
    return copy;
  });
  const all = document.createElement("a");
  all.href = `#${place}`;
  all.textContent = "commit, processor, BLAS, lock file";
  return [...links, all];
}

function fillCard(name, tip, place) {
  const title = document.createElement("strong");
  title.textContent = name;
  const lines = [tip !== name ? tip : "", rowFacts(name)].filter(Boolean).map((text) => {
    const line = document.createElement("div");
    line.textContent = text;
    return line;
  });
  const list = document.createElement("ul");
  for (const link of recordLinks(place)) {
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  card.replaceChildren(title, ...lines, list);
}

function showCard(mark) {
  clearTimeout(parting);
  const { row, tip, records } = mark.dataset;
  fillCard(row, tip ?? row, records);
  card.hidden = false;
  const [box, own] = [mark.getBoundingClientRect(), card.getBoundingClientRect()];
  const left = Math.min(Math.max(8, box.right + 10), document.documentElement.clientWidth - own.width - 8);
  const top = box.bottom + own.height + 12 < innerHeight ? box.bottom + 8 : Math.max(8, box.top - own.height - 8);
  Object.assign(card.style, { left: `${left + scrollX}px`, top: `${top + scrollY}px` });
}

function hideCard(after = 300) {
  clearTimeout(parting);
  parting = setTimeout(() => (card.hidden = true), after);
}

card.addEventListener("pointerenter", () => clearTimeout(parting));
card.addEventListener("pointerleave", () => hideCard());
card.addEventListener("focusin", () => clearTimeout(parting));
