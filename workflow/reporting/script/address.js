// What the reader has chosen, in the address: #section?key=value&…, so that a view can be sent.

const view = { place: "", values: new URLSearchParams() };

function readAddress() {
  const [place, query = ""] = decodeURI(location.hash.slice(1)).split("?");
  return { place, values: new URLSearchParams(query) };
}

function writeAddress() {
  const query = view.values.toString();
  const hash = view.place || query ? `#${view.place}${query ? `?${query}` : ""}` : location.pathname;
  history.replaceState(null, "", hash);
}

const chosen = (key, otherwise = "") => view.values.get(key) ?? otherwise;

function choose(key, value) {
  if (value === "" || value === undefined) view.values.delete(key);
  else view.values.set(key, value);
  writeAddress();
}

// Open what a place is folded in, and go there.
function goTo(place) {
  const there = place && document.getElementById(place);
  if (!there) return;
  for (let part = there; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  there.scrollIntoView();
  document.querySelectorAll("tr.sought").forEach((row) => row.classList.remove("sought"));
  (there.tagName === "TBODY" ? [...there.rows] : [there]).forEach((row) => row.tagName === "TR" && row.classList.add("sought"));
}

// A link within the page changes the place alone; an address that was pasted brings its own choices.
function onAddress() {
  const found = readAddress();
  view.place = found.place;
  if (found.values.size) {
    view.values = found.values;
    restore();
  } else writeAddress();
  goTo(view.place);
}
