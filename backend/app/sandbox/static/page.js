const seen = document.body.dataset;
setInterval(async () => {
  const stats = await (await fetch("/stats")).json();
  for (const [name, value] of Object.entries({violations: stats.violations, requests: stats.requests})) {
    document.getElementById(name).textContent = value.toLocaleString();
  }
  if (stats.messages != seen.messages || stats.posts != seen.posts) document.getElementById("news").hidden = false;
}, 4000);
