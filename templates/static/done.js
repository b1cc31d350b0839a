/** What was just done is said once: reloading the page, or coming back to it, does not say it again. */

const here = new URL(location.href);
if (here.searchParams.has("fait") && document.querySelector("[data-une-fois]")) {
  here.searchParams.delete("fait");
  history.replaceState(history.state, "", here);
}
