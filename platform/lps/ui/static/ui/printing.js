// A button that prints the page; it is hidden without script.

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
