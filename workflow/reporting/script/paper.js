// A drawing as a PDF of one page: its lines, polygons, circles and words in Helvetica, which every reader of PDFs has.

const POINTS = 0.75; // of a pixel
const ROUND = 0.5523; // of a radius: how far the handles of a quarter circle reach
// Advance widths of Helvetica, from the space to the tilde, in thousandths of its size (Adobe's font metrics).
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, ...Array(10).fill(556), 278, 278, 584, 584, 584, 556, 1015,
  667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333,
  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const CODES = { "−": 0x96, "–": 0x96, "—": 0x97, "’": 0x92, "…": 0x85, "\u202f": 0x20 }; // beyond Latin-1, in WinAnsi

const fixed = (value) => String(Math.round(value * 100) / 100);
const at2 = (...values) => values.map(fixed).join(" ");
const codesOf = (text) => [...text].map((sign) => CODES[sign] ?? (sign.codePointAt(0) < 256 ? sign.codePointAt(0) : 0x3f));
const widthOf = (codes, size) => (size * codes.reduce((sum, code) => sum + (WIDTHS[code - 32] ?? 556), 0)) / 1000;

// Red, green and blue from 0 to 1, of a colour laid over the page.
function mixed(colour, opacity, page) {
  const parts = colour.match(/[\d.]+/g).map(Number);
  const rgb = parts.slice(0, 3).map((part) => (colour.startsWith("color(") ? part : part / 255));
  const share = opacity * (parts[3] ?? 1);
  return rgb.map((part, place) => share * part + (1 - share) * (page?.[place] ?? 1));
}

function opacityOf(element, drawing) {
  let found = 1;
  for (let part = element; part && part !== drawing; part = part.parentElement) found *= Number(getComputedStyle(part).opacity);
  return found;
}

// Absolute M, L, H and V, which are all that is drawn here.
function pathOf(text) {
  let [x, y] = [0, 0];
  return [...text.matchAll(/([MLHV])([^MLHV]*)/g)].map(([, command, numbers]) => {
    const found = numbers.trim().split(/[\s,]+/).map(Number);
    [x, y] = command === "H" ? [found[0], y] : command === "V" ? [x, found[0]] : found;
    return `${at2(x, y)} ${command === "M" ? "m" : "l"}`;
  });
}

function circleOf(x, y, r) {
  const [k, quarter] = [ROUND * r, (...points) => `${at2(...points)} c`];
  return [
    `${at2(x + r, y)} m`, quarter(x + r, y + k, x + k, y + r, x, y + r), quarter(x - k, y + r, x - r, y + k, x - r, y),
    quarter(x - r, y - k, x - k, y - r, x, y - r), quarter(x + k, y - r, x + r, y - k, x + r, y), "h",
  ];
}

const SHAPE = {
  line: ({ x1, y1, x2, y2 }) => [`${at2(x1, y1)} m`, `${at2(x2, y2)} l`],
  circle: ({ cx, cy, r }) => circleOf(cx, cy, r),
  polygon: (_, element) => [...element.points].map(({ x, y }, place) => `${at2(x, y)} ${place ? "l" : "m"}`).concat("h"),
  path: (_, element) => pathOf(element.getAttribute("d")),
};

function outline(element, drawing, page) {
  const [look, opacity] = [getComputedStyle(element), opacityOf(element, drawing)];
  const numbers = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, Number(value)]));
  const closed = element.tagName === "circle" || element.tagName === "polygon";
  const filled = closed && look.fill !== "none";
  const dashes = look.strokeDasharray === "none" ? "" : at2(...look.strokeDasharray.match(/[\d.]+/g).map(Number));
  const pen = `${at2(...mixed(look.stroke, opacity, page))} RG ${fixed(parseFloat(look.strokeWidth))} w [${dashes}] 0 d`;
  const paint = filled ? `${at2(...mixed(look.fill, opacity, page))} rg ` : "";
  return `${paint}${pen}\n${SHAPE[element.tagName](numbers, element).join("\n")}\n${filled ? "B" : "S"}`;
}

// As wide as on the screen, so that words lie where they were laid.
function lettering(element, drawing, page) {
  const [look, codes, wide] = [getComputedStyle(element), codesOf(element.textContent), element.getComputedTextLength()];
  const [size, x, y] = [parseFloat(look.fontSize), Number(element.getAttribute("x")), Number(element.getAttribute("y"))];
  const start = x - wide * ({ middle: 0.5, end: 1 }[look.textAnchor] ?? 0);
  const { a, b, c, d, e, f } = element.transform.baseVal.consolidate()?.matrix ?? { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };
  const text = codes.map((code) => (`()\\`.includes(String.fromCharCode(code)) ? "\\" : "") + String.fromCharCode(code)).join("");
  const colour = at2(...mixed(look.fill, opacityOf(element, drawing), page));
  const stretch = fixed((100 * wide) / (widthOf(codes, size) || 1));
  return `q ${at2(a, b, c, d, e, f)} cm BT ${colour} rg /F ${fixed(size)} Tf ${stretch} Tz 1 0 0 -1 ${at2(start, y)} Tm (${text}) Tj ET Q`;
}

function contentOf(drawing, width, height) {
  const page = mixed(getComputedStyle(document.body).backgroundColor, 1);
  const parts = [...drawing.querySelectorAll("line, path, circle, polygon, text")].map((element) =>
    element.tagName === "text" ? lettering(element, drawing, page) : outline(element, drawing, page),
  );
  const ground = `${at2(...page)} rg 0 0 ${at2(width, height)} re f`;
  return [`${POINTS} 0 0 ${-POINTS} 0 ${fixed(POINTS * height)} cm`, ground, ...parts].join("\n");
}

function asPdf(drawing) {
  const { width, height } = drawing.viewBox.baseVal;
  const content = contentOf(drawing, width, height);
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${at2(POINTS * width, POINTS * height)}] /Resources << /Font << /F 4 0 R >> >> /Contents 5 0 R >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ];
  const places = [];
  let file = "%PDF-1.4\n";
  for (const [place, body] of objects.entries()) {
    places.push(file.length);
    file += `${place + 1} 0 obj\n${body}\nendobj\n`;
  }
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const end = `xref\n0 6\n0000000000 65535 f \n${table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return new Blob([Uint8Array.from(file + end, (sign) => sign.charCodeAt(0))], { type: "application/pdf" });
}
