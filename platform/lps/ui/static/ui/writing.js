/* Above a text to write: buttons that put the signs of bold, italics, lists and links around what is chosen. */
const SIGNS = [
  ["Gras", (chosen) => `**${chosen || "texte en gras"}**`],
  ["Italique", (chosen) => `*${chosen || "texte en italique"}*`],
  ["Liste", (chosen) => `\n\n${(chosen || "premier point\ndeuxième point").replace(/^/gm, "- ")}\n\n`],
  ["Lien", (chosen) => `[${chosen || "texte du lien"}](https://)`],
];

function put(area, sign) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const written = sign(value.slice(from, to));
  area.focus();
  // as if it were typed, so that Ctrl+Z takes it back
  if (!document.execCommand("insertText", false, written)) {
    area.setRangeText(written, from, to, "end");
  }
  if (written.endsWith("](https://)")) area.selectionStart = area.selectionEnd = area.selectionEnd - 1;
}

for (const area of document.querySelectorAll("textarea[data-writing]")) {
  const bar = document.createElement("div");
  bar.className = "row";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Mise en forme");
  for (const [name, sign] of SIGNS) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = name;
    button.addEventListener("click", () => put(area, sign));
    bar.append(button);
  }
  area.before(bar);
}
