// What htmx does not do by itself. Loaded by every page of the console, after htmx.

// A notice tells what an action did not do. The next action that succeeds answers it; what a page
// fetches by itself is none.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.requestConfig.verb !== "get") {
    document.getElementById("notice").replaceChildren();
  }
});
