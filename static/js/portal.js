// Enhancements only; every page works without this file.
(() => {
  const d = document;

  // Move focus to the error summary.
  d.querySelector(".errsum")?.focus();

  // Live progress: <section data-poll="/address" data-every="2"> is replaced by the server's fragment
  // until the fragment carries no data-poll any more.
  const replace = async (section) => {
    if (d.hidden || section.contains(d.activeElement)) return section;
    try {
      const answer = await fetch(section.dataset.poll, { headers: { "X-Fragment": "1" } });
      if (!answer.ok) return section;
      const holder = d.createElement("template");
      holder.innerHTML = await answer.text();
      const fresh = holder.content.firstElementChild;
      if (!fresh) return section;
      section.replaceWith(fresh);
      return fresh;
    } catch {
      return section;
    }
  };
  const poll = (section) =>
    setTimeout(async () => {
      const current = await replace(section);
      if (current.dataset.poll) poll(current);
    }, (section.dataset.every || 2) * 1000);
  d.querySelectorAll("[data-poll]").forEach(poll);

  // A second press of the same button sends nothing.
  d.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () =>
    d.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    }),
  );

  // Print and share exist only where a script can do them.
  d.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
  d.querySelectorAll("[data-share]").forEach((button) => {
    if (!navigator.share) return;
    button.hidden = false;
    button.addEventListener("click", () =>
      navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(() => {}),
    );
  });
})();
