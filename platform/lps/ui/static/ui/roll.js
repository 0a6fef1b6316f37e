// The roll works without this file, a page load a tap. With it a tap is sent in the background, and again
// when the network comes back: nothing is lost in a school yard.

const list = document.querySelector("[data-roll]");
if (list) enhance(list);

function enhance(list) {
  const waiting = [];
  let isSending = false;

  list.addEventListener("submit", (event) => {
    const form = event.target.closest("form.yn");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    show(form, body.get("etat"));
    waiting.push({ action: form.action, body });
    send();
  });
  addEventListener("online", send);
  addEventListener("beforeunload", (event) => {
    if (waiting.length) event.preventDefault();
  });

  async function send() {
    if (isSending) return;
    isSending = true;
    while (waiting.length) {
      const { action, body } = waiting[0];
      try {
        const answer = await fetch(action, { method: "POST", body, headers: { Accept: "application/json" } });
        if (!answer.ok) return location.reload(); // signed out, or refused: the page says why
        waiting.shift();
        count(await answer.json());
      } catch {
        say(list.dataset.offline);
        setTimeout(send, 5_000);
        break;
      }
    }
    isSending = false;
  }

  function show(form, state) {
    for (const button of form.querySelectorAll("button")) {
      const own = button.dataset.state;
      button.setAttribute("aria-pressed", String(own === state));
      button.value = own === state ? "" : own;
    }
  }

  function count(answer) {
    const all = list.querySelectorAll("li").length;
    say(list.dataset.words.replace("{n}", answer.appeles).replace("{all}", all));
  }

  function say(words) {
    const status = document.querySelector("[data-called]");
    if (status) status.textContent = words;
  }
}
