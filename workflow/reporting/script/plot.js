// The scatter of accuracy against images per second, drawn anew for every setting.

const SVG = "http://www.w3.org/2000/svg";

function draw(parent, tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

const polygon = (sides, turn) => [...Array(sides).keys()].map((k) => [Math.sin(turn + (2 * Math.PI * k) / sides), -Math.cos(turn + (2 * Math.PI * k) / sides)]);
const CROSS = [[-1, -0.5], [-0.5, -1], [0, -0.5], [0.5, -1], [1, -0.5], [0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5], [-0.5, 1], [-1, 0.5], [-0.5, 0]];
const SHAPES = {
  s: polygon(4, Math.PI / 4), D: polygon(4, 0), d: polygon(4, 0).map(([x, y]) => [0.65 * x, y]), "^": polygon(3, 0), v: polygon(3, Math.PI),
  "<": polygon(3, -Math.PI / 2), ">": polygon(3, Math.PI / 2), p: polygon(5, 0), h: polygon(6, 0), H: polygon(6, Math.PI / 6), 8: polygon(8, Math.PI / 8),
  X: CROSS, P: CROSS.map(([x, y]) => [0.8 * (x + y), 0.8 * (x - y)]), "*": polygon(10, 0).map(([x, y], k) => (k % 2 ? [0.45 * x, 0.45 * y] : [x, y])),
};

function marker(parent, look, x, y, radius) {
  const own = { fill: look.filled ? look.colour : "var(--page)", stroke: look.colour, "stroke-width": 1.8 };
  if (look.marker === "o" || !SHAPES[look.marker]) return draw(parent, "circle", { cx: x, cy: y, r: radius, ...own });
  const points = SHAPES[look.marker].map(([a, b]) => `${x + 1.2 * radius * a},${y + 1.2 * radius * b}`).join(" ");
  return draw(parent, "polygon", { points, ...own });
}

const steps125 = (low, high) => {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    for (const lead of [1, 2, 5]) found.push(lead * 10 ** power);
  return found.filter((value) => value >= low && value <= high);
};

function evenly(low, high, most) {
  const rough = (high - low) / most;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const wide = [1, 2, 5, 10].map((lead) => lead * unit).find((each) => each >= rough);
  const found = [];
  for (let k = Math.ceil(low / wide); k * wide <= high; k++) found.push(Number((k * wide).toPrecision(12)));
  return found;
}

function scales(spots, width, height) {
  const xs = spots.flatMap((spot) => [spot.rate.low, spot.rate.high]);
  const ys = spots.flatMap((spot) => [spot.score.low ?? spot.score.mean, spot.score.high ?? spot.score.mean]);
  let [left, right, bottom, top] = [Math.min(...xs) / 1.06, Math.max(...xs) * 1.12, Math.min(...ys), Math.max(...ys)];
  if (right / left < 1.5) [left, right] = [left / 1.15, right * 1.15];
  const pad = Math.max(0.1 * (top - bottom), 0.25);
  [bottom, top] = [bottom - pad, top + pad];
  const span = Math.log(right / left);
  return {
    left, right, bottom, top,
    x: (value) => 52 + ((width - 66) * Math.log(value / left)) / span,
    y: (value) => 12 + ((height - 58) * (top - value)) / (top - bottom),
  };
}

function axes(svg, scale, width, height, label) {
  const ticks = draw(svg, "g", { class: "tick" });
  const grid = draw(svg, "g", { class: "grid" });
  const across = steps125(scale.left, scale.right);
  let last = -Infinity;
  for (const value of across.length > 1 ? across : evenly(scale.left, scale.right, 4)) {
    const x = scale.x(value);
    draw(grid, "line", { x1: x, x2: x, y1: 12, y2: height - 46 });
    if (x - last > 46) draw(ticks, "text", { x, y: height - 30, "text-anchor": "middle" }, number(value));
    if (x - last > 46) last = x;
  }
  for (const value of evenly(scale.bottom, scale.top, 6)) {
    draw(grid, "line", { x1: 52, x2: width - 14, y1: scale.y(value), y2: scale.y(value) });
    draw(ticks, "text", { x: 46, y: scale.y(value) + 4, "text-anchor": "end" }, String(value));
  }
  draw(svg, "path", { class: "frame", d: `M52 12V${height - 46}H${width - 14}` });
  draw(svg, "text", { class: "axis", x: width / 2 + 20, y: height - 10, "text-anchor": "middle" }, "images with gradient per second (logarithmic)");
  draw(svg, "text", { class: "axis", x: 14, y: height / 2 - 20, "text-anchor": "middle", transform: `rotate(-90 14 ${height / 2 - 20})` }, `${label}, %`);
}

// Names beside the marks, on the first of a few sides where least is covered.
function nameMarks(svg, placed, width) {
  const taken = placed.flatMap(({ x, y, lines }) => [{ left: x - 9, right: x + 9, top: y - 9, bottom: y + 9 }, ...lines]);
  for (const { x, y, spot, group } of placed) {
    const text = draw(group, "text", { style: `fill:${spot.look.colour}` }, spot.name);
    const wide = text.getComputedTextLength();
    const sides = [[11, 4], [-11 - wide, 4], [9, -5], [9, 14], [-9 - wide, -5], [-9 - wide, 14], [-wide / 2, -13], [-wide / 2, 22], [11, -20], [11, 28]];
    const boxes = sides.map(([dx, dy]) => ({ left: x + dx, right: x + dx + wide, top: y + dy - 11, bottom: y + dy + 3 }));
    const crossed = (box) => taken.filter((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom).length;
    const inside = boxes.filter((box) => box.left > 54 && box.right < width - 2);
    const box = (inside.length ? inside : boxes).reduce((best, each) => (crossed(each) < crossed(best) ? each : best));
    taken.push(box);
    text.setAttribute("x", box.left);
    text.setAttribute("y", box.top + 11);
  }
}

function front(spots) {
  const beats = (a, b) => a.rate.value >= b.rate.value && a.score.mean >= b.score.mean && (a.rate.value > b.rate.value || a.score.mean > b.score.mean);
  const best = spots.filter((spot) => !spots.some((other) => beats(other, spot)));
  return best.sort((a, b) => b.rate.value - a.rate.value);
}

function drawSpot(svg, spot, scale) {
  const group = draw(svg, "a", { href: `#${spot.look.records}`, class: "to-records", tabindex: -1, "aria-label": `${spot.name}: ${spot.tip}` });
  const mark = draw(group, "g", { class: `of-row mark${spot.refused ? " refused" : ""}`, "data-row": spot.name, "data-tip": spot.tip, "data-records": spot.look.records });
  const [x, y] = [scale.x(spot.rate.value), scale.y(spot.score.mean)];
  const thin = { stroke: spot.look.colour, "stroke-width": 1.2, opacity: 0.55, ...(spot.basis === "extrapolated" && { "stroke-dasharray": "3 2" }) };
  draw(mark, "line", { x1: scale.x(spot.rate.low), x2: scale.x(spot.rate.high), y1: y, y2: y, ...thin });
  if (spot.score.low !== null) draw(mark, "line", { x1: x, x2: x, y1: scale.y(spot.score.low), y2: scale.y(spot.score.high), ...thin, "stroke-dasharray": "none" });
  marker(mark, spot.look, x, y, 5.5);
  const whisker = { left: scale.x(spot.rate.low), right: scale.x(spot.rate.high), top: y - 1, bottom: y + 1 };
  const upright = spot.score.low === null ? [] : [{ left: x - 1, right: x + 1, top: scale.y(spot.score.high), bottom: scale.y(spot.score.low) }];
  return { x, y, spot, group: mark, lines: [whisker, ...upright] };
}

function scatter(box, spots, label) {
  const width = Math.max(300, Math.min(box.clientWidth, 864));
  const height = !spots.length ? 48 : width < 500 ? 340 : 400;
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Accuracy against cost in your setting" })) svg.setAttribute(name, value);
  box.replaceChildren(svg);
  if (!spots.length) return draw(svg, "text", { x: width / 2, y: height / 2, "text-anchor": "middle" }, "No row has both this score and a step time here.");
  const scale = scales(spots, width, height);
  axes(svg, scale, width, height, label);
  const steps = front(spots.filter((spot) => !spot.refused)).map((spot) => [scale.x(spot.rate.value), scale.y(spot.score.mean)]);
  if (steps.length > 1) draw(svg, "path", { class: "front", d: `M${steps.map(([x, y], k) => (k ? `V${y}H${x}`.replace(/V(.*)H(.*)/, "H$2V$1") : `${x} ${y}`)).join("")}` });
  nameMarks(svg, spots.map((spot) => drawSpot(svg, spot, scale)), width);
  svg.querySelector("a.to-records")?.setAttribute("tabindex", 0);
}
