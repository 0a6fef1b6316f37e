/* Under a text that leaves by SMS: its length, its readers and its price follow the writing. */
for (const area of document.querySelectorAll("textarea[data-counted]")) {
  const { form } = area;
  const shown = form.querySelector("[data-count]");
  let waiting = 0;
  const ask = async () => {
    try {
      const answer = await fetch(shown.dataset.count, { method: "POST", body: new FormData(form) });
      if (answer.ok) shown.innerHTML = await answer.text();
    } catch {
      // off line: the button counts
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 400);
  });
}
