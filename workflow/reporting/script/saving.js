// A figure as it is shown, as a file: SVG with the page's colours and type written into it, PNG at three times its size,
// or a PDF where none comes with the page.

const COPIED = ["fill", "stroke", "opacity", "font-family", "font-size", "font-weight", "fill-opacity", "stroke-opacity"];

function standalone(drawing) {
  const copy = drawing.cloneNode(true);
  const [from, to] = [drawing.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((element, place) => {
    const look = getComputedStyle(element);
    for (const name of COPIED) to[place].style.setProperty(name, look.getPropertyValue(name));
  });
  const box = drawing.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", box.width);
  copy.setAttribute("height", box.height);
  copy.querySelectorAll("a").forEach((link) => link.replaceWith(...link.childNodes));
  return { text: new XMLSerializer().serializeToString(copy), width: box.width, height: box.height };
}

const drawnIn = (figure) => [...figure.querySelectorAll("svg")].find((drawing) => drawing.getClientRects().length);

function asPng({ text, width, height }, name) {
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 3 * width, height: 3 * height });
    const context = canvas.getContext("2d");
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, "image/png", name));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

function onFigure(button) {
  const figure = document.getElementById(button.dataset.of);
  const name = figure.id.replace("figure-", "");
  if (button.dataset.figure === "pdf") return save(asPdf(drawnIn(figure)), "application/pdf", `${name}.pdf`);
  const drawing = standalone(drawnIn(figure));
  if (button.dataset.figure === "svg") save(drawing.text, "image/svg+xml", `${name}.svg`);
  else asPng(drawing, `${name}.png`);
}
