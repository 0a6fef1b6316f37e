/* Under a text that leaves by SMS: its length, its readers and its price follow the writing. */
for (const area of document.querySelectorAll("textarea[data-counted]")) {
  const { form } = area;
  const shown = form.querySelector("[data-count]");
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    asked += 1;
    const mine = asked;
    let words = "";
    try {
      const answer = await fetch(shown.dataset.count, { method: "POST", body: new FormData(form) });
      if (answer.ok) words = await answer.text();
    } catch {
      // off line: said below
    }
    if (mine !== asked) return; // an older question, answered late
    if (words) shown.innerHTML = words;
    else shown.textContent = shown.dataset.failed;
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 400);
  });
}
