// The composed step, from the coefficients of workflow/summary/composed.py: the same arithmetic as growth.py, work.py and
// step_model.py, defined in docs/cost-model.md. A range is {value, low, high}.

const range = (value, low, high) => ({ value, low, high });
const plus = (a, b) => range(a.value + b.value, a.low + b.low, a.high + b.high);
const times = (a, factor) => range(factor * a.value, factor * a.low, factor * a.high);

const bilinear = ([a, b, d, bd], x, y) => Math.max(0, a + b * x + d * y + bd * x * y);
const floor = (work, x, y) => Math.max(bilinear(work.flops, x, y) / work.flops_per_ms, bilinear(work.moved, x, y) / work.bytes_per_ms);
const timeShare = (work, x, y) => (floor(work, 1, 1) ? floor(work, x, y) / floor(work, 1, 1) : x * y);
const heldShare = (work, x, y) => (bilinear(work.held, 1, 1) ? bilinear(work.held, x, y) / bilinear(work.held, 1, 1) : y);

const point = (curve, place) => range(curve.values[place], curve.low[place], curve.high[place]);

function basis(curve, classes) {
  if (curve.classes.includes(classes)) return "measured";
  return curve.classes[0] < classes && classes < curve.classes.at(-1) ? "interpolated" : "extrapolated";
}

function between(curve, classes) {
  const place = curve.classes.findIndex((size) => size >= classes);
  const share = (classes - curve.classes[place - 1]) / (curve.classes[place] - curve.classes[place - 1]);
  return plus(times(point(curve, place - 1), 1 - share), times(point(curve, place), share));
}

function before(curve, classes) {
  const [first, share] = [point(curve, 0), classes / curve.classes[0]];
  const slope = (curve.values[1] - curve.values[0]) / (curve.classes[1] - curve.classes[0]);
  const start = Math.min(Math.max(first.value - slope * curve.classes[0], 0), first.value);
  return range(start + (first.value - start) * share, first.low * share, first.high);
}

function after(curve, classes) {
  const [largest, second] = [curve.classes.at(-1), curve.classes.at(-2)];
  const growth = (curve.rise ?? 0) * (classes - largest);
  const steps = Math.max(1, Math.log(classes / largest) / Math.log(largest / second));
  const wide = (curve.error ?? 1) ** steps;
  return plus(point(curve, curve.values.length - 1), range(growth, growth / wide, growth * wide));
}

// The value at any number of classes; null where a single point would have to be extrapolated.
function at(curve, classes) {
  const place = curve.classes.indexOf(classes);
  if (place >= 0) return point(curve, place);
  if (curve.error === null) return null;
  if (classes < curve.classes[0]) return before(curve, classes);
  return classes < curve.classes.at(-1) ? between(curve, classes) : after(curve, classes);
}

function headMs(alone, classes, batch, dim) {
  const found = alone.ms && at(alone.ms, classes);
  return found && times(found, timeShare(alone.work, batch / alone.batch, dim / alone.dim));
}

function stepMs({ rest, alone }, { classes, batch, dim }) {
  const head = headMs(alone, classes, batch, dim);
  return head && plus(times(range(rest.ms, rest.low, rest.high), batch / rest.images), head);
}

// What each of several processes computes, without what it waits for the others.
function eachMs({ rest, alone }, { classes, batch, dim, processes }) {
  const own = batch / processes;
  const head = alone.shares_classes ? headMs(alone, classes / processes, batch, dim) : headMs(alone, classes, own, dim);
  return head && plus(times(range(rest.ms, rest.low, rest.high), own / rest.images), head);
}

// Bytes that each process sends in a step; null where the head does not say.
function sentBytes({ sends }, { classes, batch, dim, processes }) {
  if (!sends) return null;
  const rows = batch / processes;
  const [fixed, perRow, perNumber, perImage, perCentre] = sends.gathered;
  const parts = fixed + perRow * rows + perNumber * rows * dim + perImage * batch + ((perCentre * classes) / processes) * dim;
  const sums = sends.reduced[0] + sends.reduced[1] * batch;
  return (processes - 1) * (parts + (2 * sums) / processes);
}

const shareOf = (alone, { classes, processes }) => (alone.shares_classes ? classes / processes : classes);

function stepBytes({ rest, alone }, setting) {
  const head = alone.bytes && at(alone.bytes, shareOf(alone, setting));
  if (!head || rest.bytes === null) return null;
  const { batch, dim, processes } = setting;
  const base = rest.bytes * Math.max(1, batch / processes / rest.images);
  return plus(times(head, heldShare(alone.work, batch / alone.batch, dim / alone.dim)), range(base, base, base));
}

// The whole step of a row in a setting {classes, batch, dim, processes}.
function composed(row, setting) {
  const { rest, alone } = row;
  const sent = sentBytes(row, setting);
  if (!rest || !alone) return { ms: null, bytes: null, rate: null, basis: null, bytesBasis: null, each: null, sent };
  const ms = stepMs(row, setting);
  const rate = ms && range(...[ms.value, ms.high, ms.low].map((each) => (1000 * setting.batch) / each));
  return {
    ms,
    rate,
    bytes: stepBytes(row, setting),
    basis: ms && basis(alone.ms, setting.classes),
    bytesBasis: alone.bytes && basis(alone.bytes, shareOf(alone, setting)),
    each: eachMs(row, setting),
    sent,
  };
}
