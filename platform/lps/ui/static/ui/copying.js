// "Répéter chaque semaine" and "Copier sur mes autres enfants": they fill boxes, nothing is saved before "Validez".
// HTML expected: docs/ui.md, "Planning". French sentences come from the page, in data attributes.

const KEPT = "lps.copie";
const AN_HOUR = 3_600_000;
const LINES = 8;

const form = document.querySelector("form[data-planning]");
if (form) {
  repeatWeeks(form);
  const copying = form.querySelector("[data-copying]");
  if (copying) copyToSiblings(form, copying);
}

/** What a copy carries: a tick, or a booking that has just been unticked. Everything else keeps what it has. */
function isChosen(box) {
  return box.checked || box.defaultChecked;
}

/** Ticks or unticks; whether that changed the box. */
function set(box, wanted) {
  const changes = box.checked !== wanted;
  box.checked = wanted;
  return changes;
}

function changed(form) {
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

function tell(form, text) {
  const place = form.querySelector("[data-told]");
  if (place) place.textContent = text;
}

// --- The weeks that follow, made like one of them

function repeatWeeks(form) {
  const weeks = [...form.querySelectorAll(".week")];
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-repeat]");
    if (button) repeat(form, button.dataset.repeat, weeks.slice(weeks.indexOf(button.closest(".week"))));
  });
  form.addEventListener("reset", () => tell(form, ""));
}

function repeat(form, number, [model, ...following]) {
  const wanted = new Map();
  for (const [key, tile] of tiles(model)) {
    const box = tile.querySelector("input");
    if (box ? isChosen(box) : tile.matches(".locked.yes")) wanted.set(key, box?.checked ?? true);
  }
  let on = 0;
  let off = 0;
  for (const [key, tile] of following.flatMap((week) => [...tiles(week)])) {
    const box = tile.querySelector("input");
    if (!box || !wanted.has(key) || !set(box, wanted.get(key))) continue;
    if (box.checked) on += 1;
    else off += 1;
  }
  changed(form);
  const words = form.querySelector("[data-told]")?.dataset ?? {};
  const text = on + off ? words.repeated : words.same;
  tell(form, (text ?? "").replace("{s}", number).replace("{on}", on).replace("{off}", off));
}

/** Each tile of a week under its activity (every week lists them in the same order) and its weekday. */
function* tiles(week) {
  const weekdays = [...week.querySelectorAll("thead th")].map((head) => head.firstElementChild?.textContent);
  for (const [row, line] of [...week.querySelectorAll("tbody tr")].entries()) {
    for (const cell of line.querySelectorAll("td")) {
      yield [`${row} ${weekdays[cell.cellIndex]}`, cell.firstElementChild];
    }
  }
}

// --- A brother or a sister, or a form that did not arrive (the session ended, the network is gone). Boxes are kept in this tab
// until the planning opens, or answers that form: activities and days, no code, no name.

function copyToSiblings(form, place) {
  const boxes = [...form.elements].filter((one) => one.type === "checkbox" && one.closest(".day, .days"));
  const { child, family, judged } = place.dataset;
  const mine = read(family)[child];
  if (mine) {
    forget(child, family);
    if (!mine.sent?.some((jeton) => judged?.includes(jeton))) fill(form, place, boxes, mine);
  }
  const own = () => boxes.filter((box) => box.checked !== box.defaultChecked).map(pair);
  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const days = boxes.filter((box) => isChosen(box) && box.closest(".day")).map(pair);
    const others = { ...read(family), [button.dataset.copy]: { from: child, days } };
    if (own().length) others[child] = { from: child, days: own() };
    if (write(family, others)) form.dispatchEvent(new Event("kept"));
    location.assign(button.dataset.href);
  });
  form.addEventListener("submit", () => {
    const sent = [...form.elements].filter((one) => one.name.startsWith("jeton")).map((one) => one.value);
    write(family, { ...read(family), [child]: { from: child, days: own(), sent } });
  });
  document.querySelector("form[action='/deconnexion/']")?.addEventListener("submit", () => write(family, {}));
}

function pair(box) {
  return [key(box), box.checked];
}

/** What tells a box from all others: those of two periods may have the same value. */
function key(box) {
  return box.closest(".day") ? box.value : `${box.name} ${box.value}`;
}

function fill(form, place, boxes, { from, days }) {
  const { family } = place.dataset;
  const byKey = new Map(boxes.map((box) => [key(box), box]));
  let filled = 0;
  let left = days.filter(([value, wanted]) => {
    const box = byKey.get(value);
    if (box) filled += set(box, wanted);
    return !box && !value.includes(" ") && (wanted || from === place.dataset.child) && !isBooked(form, boxes, value);
  });
  changed(form);
  if (from === place.dataset.child) {
    // Days of other weeks wait until these are shown.
    const later = left.filter(([value]) => !locate(form, boxes, value));
    if (later.length) write(family, { ...read(family), [from]: { from, days: later } });
    left = left.filter((one) => !later.includes(one));
    if (!filled && !left.length) return;
  }
  const words = from === place.dataset.child ? place.dataset.back : find(place, from)?.dataset.copied;
  const note = document.querySelector("template[data-copied-note]")?.content.firstElementChild?.cloneNode(true);
  if (!note || !words) return;
  note.querySelector("h2").textContent = words;
  const list = note.querySelector("ul");
  if (left.length) list.replaceChildren(...lines(form, boxes, left, list.dataset.more));
  else note.querySelector("[data-left]").remove();
  form.prepend(note);
  note.focus();
  form.addEventListener("reset", () => note.remove());
}

function find(place, child) {
  return [...place.querySelectorAll("[data-copy]")].find((link) => link.dataset.copy === child);
}

/** What could not be filled: activity, day and what its tile says, a line each, then how many more. */
function lines(form, boxes, left, more) {
  const texts = [];
  for (const [value] of left.slice(0, LINES)) {
    const tile = locate(form, boxes, value);
    if (tile) texts.push(describe(tile));
  }
  const rest = left.length - texts.length;
  if (rest) texts.push(more.replace("{n}", rest));
  return texts.map((text) => Object.assign(document.createElement("li"), { textContent: text }));
}

function isBooked(form, boxes, value) {
  return Boolean(locate(form, boxes, value)?.matches(".yes"));
}

/** The tile of a day that has no box: in the row of its activity's other boxes, under its date. */
function locate(form, boxes, value) {
  const [activity, day] = value.split("-");
  const row = boxes.find((box) => key(box).startsWith(`${activity}-`))?.closest("tr").sectionRowIndex;
  if (row === undefined) return null;
  const head = form.querySelector(`th[data-day="${day}"]`);
  return head?.closest("table").tBodies[0].rows[row]?.cells[head.cellIndex]?.firstElementChild ?? null;
}

function describe(tile) {
  const cell = tile.closest("td");
  const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
  const day = `${head.querySelector(".hidden").textContent} ${head.querySelector("b").textContent}`;
  const state = tile.querySelector(tile.matches(".locked, .none") ? ".hidden" : "span:not(.hidden)");
  return `${cell.parentElement.cells[0].textContent}, ${day}\u00a0: ${state.textContent}`;
}

function read(family) {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    return found.family === family && Date.now() - found.at < AN_HOUR ? found.children : {};
  } catch {
    return {}; // no storage here, or not ours
  }
}

function write(family, children) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ family, at: Date.now(), children }));
    return true;
  } catch {
    return false; // storage refused: leaving asks, as without this file
  }
}

function forget(child, family) {
  const { [child]: _gone, ...others } = read(family);
  write(family, others);
}
