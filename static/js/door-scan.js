// The page at the door: camera, keyboard scanner, results over the whole screen. Without this file
// the page works by its forms.
(() => {
  const d = document;
  const door = d.querySelector("[data-door]");
  if (!door || !window.doorQueue) return;
  const find = (name) => d.querySelector(`[data-${name}]`);
  const { session, send, tickets, detector, wasm } = door.dataset;
  const form = find("code-form");
  const box = form.elements.baca;
  const screen = find("screen");
  const problems = find("problems");
  const GREEN_MS = 2500;
  const SAME_MS = 4000;
  const ANSWER_MS = 400;
  const SCREENS = ["green", "yellow", "red", "wait"];
  let known = { salt: "", tickets: {} };
  let shown = null;
  let last = null;
  let hiding = 0;
  let announcing = 0;

  // On a phone the focus would open the keyboard over the camera.
  const toBox = () => matchMedia("(hover: hover)").matches && box.focus();
  const kind = () => d.querySelector("[name=jenis]:checked")?.value || "in";
  const hide = () => {
    clearTimeout(hiding);
    screen.hidden = true;
  };
  const show = (tone, title, name, sentence, mayUndo) => {
    clearTimeout(hiding);
    screen.classList.remove(...SCREENS);
    screen.classList.add(tone);
    find("title").textContent = title;
    find("name").textContent = name;
    find("sentence").textContent = sentence;
    find("undo").hidden = !mayUndo;
    screen.hidden = false;
    if (tone === "green") hiding = setTimeout(hide, GREEN_MS);
  };
  const TITLES = { accepted: "Berhasil", already: "Sudah tercatat", conflict: "Periksa", refused: "Ditolak" };

  const told = (mark, result, body) => {
    if (String(mark.session) === session) {
      find("present").textContent = body.present;
      find("seats").textContent = body.seats;
      find("nobody")?.toggleAttribute("hidden", body.present > 0);
      find("bar")?.setAttribute("width", body.seats ? Math.min(100, (100 * body.present) / body.seats) : 0);
    }
    if (result.may_undo) last = { ...mark, name: result.name };
    else if (last?.wire.key === mark.wire.key) last = null;
    find("last").hidden = !last;
    if (last) find("last-name").textContent = last.name;
    if (shown === mark.wire.key) {
      clearTimeout(announcing);
      const isUndone = mark.wire.kind === "undo" && result.outcome === "accepted";
      show(result.tone, isUndone ? "Dibatalkan" : TITLES[result.outcome], result.name || mark.label, result.sentence, result.may_undo);
    } else if (result.tone === "red") {
      const line = d.createElement("li");
      line.textContent = `${result.name || mark.label || mark.wire.read}: ${result.sentence}`;
      problems.append(line);
      problems.parentElement.hidden = false;
    }
  };
  const REASONS = {
    "": "Sedang dikirim.",
    offline: "Belum ada sambungan. Dikirim sendiri begitu tersambung.",
    login: "Anda perlu masuk lagi: muat ulang halaman ini. Catatan di HP ini tidak hilang.",
    refused: "Server menolak catatan ini. Hubungi petugas dinas; catatan di HP ini tidak hilang.",
  };
  const changed = ({ waiting, foreign, state }) => {
    const note = find("pending");
    note.hidden = !waiting.length && !foreign;
    find("pending-count").textContent = `${waiting.length} belum terkirim`;
    const others = foreign ? ` ${foreign} catatan akun lain menunggu akun itu masuk.` : "";
    find("pending-why").textContent = (waiting.length ? REASONS[state] : "") + others;
    note.dataset.state = state;
  };

  // The forms are taken over at once, what waits in the phone's storage opens meanwhile.
  const opened = window.doorQueue({
    user: door.dataset.user,
    token: form.elements.csrfmiddlewaretoken.value,
    address: (id) => send.replace(`/${session}/`, `/${id}/`),
    told,
    changed,
  });

  // Tickets of this session, so that one can be told from a foreign one without a network.
  const load = async () => {
    try {
      const answer = await fetch(tickets, { redirect: "error" });
      if (answer.ok) known = await answer.json();
    } catch {
      // Without the list an offline scan is only stored.
    }
  };
  const identity = (text) => {
    const ticket = /\/tiket\/([\w-]{40})(?:[/?#]|$)/.exec(text);
    if (!ticket) return text.toUpperCase().replace(/[\s._‐‑–—-]/g, "").replace(/^JKP/, "");
    const bytes = atob(ticket[1].replace(/-/g, "+").replace(/_/g, "/")).slice(0, 16);
    return [...bytes].map((sign) => sign.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  };
  const lookUp = async (text) => {
    const id = identity(text);
    if (!known.salt || !crypto.subtle) return { person: id, label: "" };
    const bytes = new TextEncoder().encode(`${known.salt}:${id}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 32);
    const [number, label] = known.tickets[hash] || [];
    return number === undefined ? { person: id, label: "" } : { person: `#${number}`, label };
  };

  const record = async (wire, { person, label }) => {
    const queue = await opened;
    const { mark, isKnown } = await queue.add({ session, person, label, ...wire });
    shown = mark.wire.key;
    const who = label || (known.salt && wire.read ? "Tiket tidak ada di daftar sesi ini" : "");
    const sentence = isKnown
      ? "Sudah dipindai di HP ini, belum terkirim."
      : `${label ? "Dikenal, belum" : "Belum"} terkirim. Tersimpan di HP ini.`;
    const announce = () => show("wait", "Belum terkirim", who, sentence, !isKnown);
    clearTimeout(announcing);
    if (isKnown || !navigator.onLine) announce();
    else announcing = setTimeout(announce, ANSWER_MS);
    if (wire.kind !== "undo" && !isKnown) last = { ...mark, name: label || wire.read };
    queue.send();
  };
  const scan = async (text, via) => record({ kind: kind(), via, read: text }, await lookUp(text));

  // A code of letters only has no vowel, so it is no name.
  const CODE = /^(?=.*\d)[A-Z0-9]{8}$|^[B-DF-HJKMNP-TV-Z]{8}$/;
  const isTicket = (text) => text.includes("://") || CODE.test(identity(text));
  form.addEventListener("submit", (event) => {
    const text = box.value.trim();
    if (!text || !isTicket(text)) return;
    event.preventDefault();
    event.stopPropagation();
    box.value = "";
    toBox();
    scan(text, text.includes("://") ? "scan" : "code");
  });
  d.querySelectorAll("[data-person]").forEach((one) =>
    one.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const enrolment = one.elements.kursi.value;
      record(
        { kind: one.elements.jenis.value, via: "search", read: "", enrolment: Number(enrolment) },
        { person: `kursi ${enrolment}`, label: one.dataset.person },
      );
    }),
  );
  const undo = async () => {
    const slip = last;
    hide();
    if (!slip) return;
    last = null;
    find("last").hidden = true;
    if (await (await opened).drop(slip)) return;
    record({ kind: "undo", via: "code", read: slip.wire.key }, { person: slip.wire.key, label: slip.name });
  };
  d.querySelectorAll("[data-undo],[data-undo-last]").forEach((one) => one.addEventListener("click", undo));
  find("next").addEventListener("click", () => {
    hide();
    toBox();
  });
  d.addEventListener("keydown", (event) => event.key === "Escape" && hide());

  // The camera: the browser's own reader, else one that is loaded only now.
  const load_script = (source) =>
    new Promise((resolve, reject) => {
      const script = d.createElement("script");
      script.src = source;
      script.onload = resolve;
      script.onerror = reject;
      d.head.append(script);
    });
  const reader = async () => {
    const formats = { formats: ["qr_code"] };
    const own = window.BarcodeDetector;
    if (own && (await own.getSupportedFormats()).includes("qr_code")) return new own(formats);
    if (!detector) return null;
    await load_script(detector);
    const api = window.BarcodeDetectionAPI;
    api.prepareZXingModule({ overrides: { locateFile: () => wasm } });
    return new api.BarcodeDetector(formats);
  };
  const camera = find("camera");
  const video = camera.querySelector("video");
  const failed = find("camera-failed");
  const watch = async (eye) => {
    let before = { text: "", at: 0 };
    for (;;) {
      await new Promise((wake) => setTimeout(wake, 180));
      if (d.hidden || video.readyState < 2) continue;
      const [seen] = await eye.detect(video).catch(() => []);
      if (!seen) continue;
      const isSame = seen.rawValue === before.text && Date.now() - before.at < SAME_MS;
      before = { text: seen.rawValue, at: Date.now() };
      if (!isSame) {
        navigator.vibrate?.(60);
        await scan(seen.rawValue, "scan");
      }
    }
  };
  const start = find("camera-start");
  start.addEventListener("click", async () => {
    start.setAttribute("aria-busy", "true");
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment" },
      });
      await video.play();
      video.hidden = false;
      start.hidden = true;
      const eye = await reader();
      if (!eye) throw new Error("no reader");
      failed.hidden = true;
      watch(eye);
    } catch {
      failed.hidden = false;
      start.removeAttribute("aria-busy");
    }
  });
  camera.hidden = !navigator.mediaDevices?.getUserMedia;
  d.documentElement.classList.add("has-door");
  load();
  toBox();
})();
