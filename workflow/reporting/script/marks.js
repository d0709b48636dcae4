// Marks in figures: pointing at one tells what it is, clicking it (or Enter) shows its row alone everywhere.

const markOf = (target) => {
  const found = target.closest?.("a.to-records, .mark, svg .of-row, button[data-isolate]");
  return found?.matches("a.to-records") ? found.querySelector(".mark") : found;
};

function isolate(row) {
  const known = row && [...document.querySelectorAll("[data-isolate]")].some((button) => button.dataset.isolate === row);
  const alone = known ? row : "";
  document.body.classList.toggle("isolating", Boolean(alone));
  for (const element of document.querySelectorAll(".of-row")) element.classList.toggle("alone", element.dataset.row === alone);
  for (const button of document.querySelectorAll("[data-isolate]"))
    button.setAttribute("aria-pressed", String(button.dataset.isolate === alone));
  choose("alone", alone);
  return alone;
}

function toggle(row) {
  const alone = isolate(document.body.classList.contains("isolating") && chosen("alone") === row ? "" : row);
  say(alone ? `${alone} alone; Escape shows all.` : "All heads are shown.");
}

// One stop for Tab in each figure; arrow keys go from mark to mark.
function roving(figure) {
  figure.querySelectorAll("svg").forEach((drawing) => {
    drawing.querySelectorAll("a.to-records").forEach((link, place) => link.setAttribute("tabindex", place ? -1 : 0));
    drawing.querySelectorAll("title").forEach((title) => title.remove()); // the card says it, and links bear the name
  });
}

function step(link, by) {
  const links = [...link.closest("svg").querySelectorAll("a.to-records")];
  const next = links[(links.indexOf(link) + by + links.length) % links.length];
  link.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function onKey(event) {
  if (event.key === "Escape") {
    document.querySelectorAll("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
    card.hidden = true;
    if (document.body.classList.contains("isolating")) isolate("");
    return;
  }
  const link = event.target.closest?.("a.to-records");
  if (link && STEPS[event.key]) {
    event.preventDefault();
    step(link, STEPS[event.key]);
  }
}

function watchMarks() {
  document.addEventListener("pointerover", (event) => {
    const mark = markOf(event.target);
    if (mark?.matches(".mark")) showCard(mark);
  });
  document.addEventListener("pointerout", (event) => {
    if (markOf(event.target)) hideCard();
  });
  document.addEventListener("focusin", (event) => {
    const mark = markOf(event.target);
    if (mark?.matches(".mark")) showCard(mark);
    else if (!card.contains(event.target)) hideCard(0);
  });
  document.addEventListener("keydown", onKey);
}
