// A page that waits for a worker: what it shows follows the work, and the end is said. Without script it loads anew.
// HTML expected: docs/ui.md, "Waiting for a worker".

const EVERY = 3_000;
const main = document.querySelector("main");
const said = document.createElement("p"); // there before it speaks, or nobody hears it
said.className = "hidden";
said.setAttribute("role", "status");
document.body.append(said);
setTimeout(follow, EVERY);

async function follow() {
  try {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return location.reload(); // signed out, or gone: the page says why
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const shown = main.querySelector("[data-follow]");
    const next = page.querySelector("[data-follow]");
    if (next?.dataset.follow !== shown.dataset.follow) end(page, shown.closest("[data-work]"));
    else if (shown.innerHTML !== next.innerHTML) shown.innerHTML = next.innerHTML;
    if (!next) return;
  } catch {
    // off line: the next turn tells
  }
  setTimeout(follow, EVERY);
}

// Only the part that is the work's is replaced, where one is named: beside it a form may be half filled.
function end(page, part) {
  const place = part ?? main;
  const hadFocus = place.contains(document.activeElement);
  place.innerHTML = (page.querySelector(part ? "[data-work]" : "main") ?? page.querySelector("main")).innerHTML;
  if (hadFocus) main.focus();
  const ended = place.querySelector("[data-ended]") ?? place.querySelector(".note[role]");
  said.textContent = ended?.textContent ?? "";
}
