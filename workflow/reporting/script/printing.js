// Numbers as the rest of the report prints them (workflow/reporting/words.py).

const NARROW_SPACE = "\u202f";

function number(value, digits = 3) {
  if (value === 0) return "0";
  if (Math.abs(value) >= 10 ** (digits - 1)) return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
  return String(Number(value.toPrecision(digits)));
}

const count = (value) => number(value, 1);

function size(bytes) {
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (Math.abs(bytes) < 1024) return `${number(bytes)} ${unit}`;
    bytes /= 1024;
  }
  return `${number(bytes)} TiB`;
}

const times10 = (factor) => (factor >= 10 ? count(factor) : number(factor, 2));
