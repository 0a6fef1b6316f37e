// The planning works without this file: it only counts, warns and saves keystrokes.
// HTML expected: docs/ui.md, "Planning". French sentences come from the page, in data attributes.

const form = document.querySelector("form[data-planning]");
const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();
if (form) enhance(form);

function enhance(form) {
  const boxes = [...form.querySelectorAll(".day input[type=checkbox]")];
  // Periods stand above the form and belong to it; each is kept by a button of its own.
  const ofPeriods = [...form.elements].filter((one) => one.closest(".periods") && one.type === "checkbox");
  const bar = form.querySelector(".save");
  const count = form.querySelector("[data-count]");
  let leaving = false;
  let areKept = false;
  let pressed = null;
  // A page drawn again because it could not be saved: its ticks are still changes.
  for (const box of [...boxes, ...ofPeriods].filter((one) => "unsaved" in one.dataset)) {
    const ticked = box.checked;
    box.defaultChecked = !ticked;
    box.checked = ticked;
  }

  const isChanged = (box) => box.checked !== box.defaultChecked;

  function recount() {
    let changed = 0;
    for (const box of boxes) {
      box.closest(".day").classList.toggle("changed", isChanged(box));
      changed += isChanged(box);
    }
    const waits = ofPeriods.some(isChanged);
    bar?.classList.toggle("unsaved", changed > 0 || waits);
    if (!count) return;
    const text = sentence(count.dataset, changed);
    say(count, waits ? count.dataset.period.replace("{s}", text) : text);
  }

  form.addEventListener("change", recount);
  document.querySelector(".periods")?.addEventListener("change", recount);
  form.addEventListener("reset", () => setTimeout(recount));
  // The browser may bring ticks back after the page was left: they count too.
  addEventListener("pageshow", () => {
    leaving = areKept = false;
    pressed?.removeAttribute("aria-disabled");
    recount();
  });

  form.addEventListener("submit", (event) => {
    if (leaving) return event.preventDefault(); // a second click sends nothing more
    leaving = true;
    pressed = event.submitter;
    pressed?.setAttribute("aria-disabled", "true");
  });
  // What fills or empties boxes says "change"; what keeps them elsewhere says "kept": nothing is lost by leaving.
  form.addEventListener("kept", () => {
    areKept = true;
  });
  addEventListener("beforeunload", (event) => {
    if (leaving) return;
    if ((!areKept && boxes.some(isChanged)) || ofPeriods.some(isChanged)) event.preventDefault();
  });

  for (const grid of form.querySelectorAll(".grid")) grid.addEventListener("keydown", walk);
  countDown(form);
  recount();
}

function sentence(words, number) {
  const text = number === 0 ? words.none : number === 1 ? words.one : words.many;
  return text.replace("{n}", number);
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Arrows go from tile to tile; Tab still visits each of them in order.
function walk(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
  const cell = event.target.closest("td");
  const rows = [...event.currentTarget.tBodies].flatMap((body) => [...body.rows]);
  let row = rows.indexOf(cell.parentElement);
  let column = cell.cellIndex;
  for (;;) {
    row += step[0];
    column += step[1];
    const next = rows[row]?.cells[column];
    if (!next) return;
    const box = next.querySelector("input");
    if (box) {
      event.preventDefault();
      return box.focus();
    }
  }
}

// Time left before a deadline, by the server's clock: the one of the device may be wrong.
function countDown(form) {
  const lines = [...form.querySelectorAll(".until[data-closes]")];
  const start = Date.parse(form.dataset.now);
  if (!lines.length || Number.isNaN(start)) return;
  const origin = performance.now();
  const tick = () => {
    const now = start + performance.now() - origin;
    for (const line of lines) showLeft(line, Date.parse(line.dataset.closes) - now);
  };
  tick();
  setInterval(tick, 20_000);
}

function showLeft(line, milliseconds) {
  const left = line.querySelector("[data-left]");
  if (milliseconds <= 0 && !line.classList.contains("shut")) {
    line.classList.replace("near", "shut") || line.classList.add("shut");
    if (line.dataset.shut) line.textContent = line.dataset.shut;
  } else if (left && milliseconds > 0) {
    say(left, left.dataset.left.replace("{t}", duration(Math.ceil(milliseconds / 60_000))));
  }
}

function duration(minutes) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return hours ? `${hours}\u00a0h\u00a0${String(rest).padStart(2, "0")}` : `${rest}\u00a0min`;
}
