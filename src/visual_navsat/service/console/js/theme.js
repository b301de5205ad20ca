// Runs before the page is drawn, so that a chosen theme does not flash; without a choice the
// system's is used.
const chosen = localStorage.getItem('theme');
if (chosen) document.documentElement.dataset.theme = chosen;
