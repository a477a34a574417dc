// Passkeys. A form with data-passkey ("create" or "get") stays hidden unless this browser can do it
// for this address. The challenge stands in the page (data-options) or comes from the form's action.
(() => {
  const d = document;
  const { hostname } = location;
  const can = (host) =>
    isSecureContext &&
    window.PublicKeyCredential &&
    (!host || hostname === host || hostname.endsWith(`.${host}`));
  const challenge = async (form) => {
    const holder = d.getElementById(form.dataset.options);
    if (holder) return JSON.parse(holder.textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return (await answer.json()).request_options;
  };
  d.querySelectorAll("form[data-passkey]").forEach((form) => {
    if (!can(form.dataset.host)) return;
    const told = form.querySelector("[data-failed]");
    form.hidden = false;
    d.querySelectorAll("[data-passkey-missing]").forEach((note) => {
      note.hidden = true;
    });
    form.addEventListener("submit", async (event) => {
      // The press is not the submission: that comes with the browser's answer.
      event.preventDefault();
      event.stopPropagation();
      told.textContent = "";
      try {
        const answer = await webauthnJSON[form.dataset.passkey](await challenge(form));
        form.elements.credential.value = JSON.stringify(answer);
        form.submit();
      } catch {
        told.textContent = told.dataset.failed;
      }
    });
  });
})();
