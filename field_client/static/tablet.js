// What htmx does not do by itself. Loaded by every page of the tablet, after htmx.

// A notice tells what an entry did not do. The next entry that succeeds answers it.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.requestConfig.verb !== "get") {
    document.getElementById("notice")?.replaceChildren();
    document.body.dispatchEvent(new Event("saved"));
  }
});

// "Saved" stands only beside what is saved: it goes with the first letter that changes.
document.addEventListener("input", (event) => {
  event.target.closest("[hx-post]")?.querySelector(":scope > .saved")?.replaceChildren();
});

// The program on this tablet does not answer: what is on the screen is not saved.
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.requestConfig.verb === "get") return;
  const template = document.getElementById("unreachable");
  document.getElementById("notice")?.replaceChildren(template.content.cloneNode(true));
});

// A form that is sent by choosing a file.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.submit();
});
