// Marks of attendance wait here until the server has taken them, in their order, also when the page
// is closed meanwhile. IndexedDB, or localStorage where there is none.
(() => {
  const NAME = "hadir";
  const AT_MOST = 25;
  const PATIENCE = 8000;

  const inDatabase = (db) => {
    const run = (mode, act) =>
      new Promise((resolve, reject) => {
        const work = db.transaction(NAME, mode);
        const asked = act(work.objectStore(NAME));
        work.oncomplete = () => resolve(asked.result);
        work.onerror = work.onabort = () => reject(work.error);
      });
    return {
      all: () => run("readonly", (marks) => marks.getAll()),
      add: (mark) => run("readwrite", (marks) => marks.add(mark)),
      remove: (n) => run("readwrite", (marks) => marks.delete(n)),
    };
  };
  const inText = () => {
    const read = () => JSON.parse(localStorage.getItem(NAME) || "[]");
    const write = (marks) => localStorage.setItem(NAME, JSON.stringify(marks));
    return {
      all: async () => read(),
      add: async (mark) => {
        const marks = read();
        const n = 1 + marks.reduce((most, one) => Math.max(most, one.n), 0);
        write([...marks, { ...mark, n }]);
        return n;
      },
      remove: async (n) => write(read().filter((one) => one.n !== n)),
    };
  };
  const open = () =>
    new Promise((resolve) => {
      if (!window.indexedDB) return resolve(inText());
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () =>
        asked.result.createObjectStore(NAME, { keyPath: "n", autoIncrement: true });
      asked.onsuccess = () => resolve(inDatabase(asked.result));
      asked.onerror = asked.onblocked = () => resolve(inText());
    });

  const uuid = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  };

  // `address(session)` is where marks go; `told(mark, result)` hears what came of each, `changed`
  // how many still wait and why: "", "offline", "login" or "refused".
  window.doorQueue = async ({ user, token, address, told, changed }) => {
    const marks = await open();
    let state = "";
    let isSending = false;
    let timer = 0;

    const waiting = async () => (await marks.all()).sort((a, b) => a.n - b.n);
    const own = (all) => all.filter((one) => one.user === user);
    const tell = async (why = state) => {
      state = why;
      const all = await waiting();
      changed({ waiting: own(all), foreign: all.length - own(all).length, state });
    };

    const post = async (session, batch) => {
      const stop = new AbortController();
      const clock = setTimeout(() => stop.abort(), PATIENCE);
      try {
        const answer = await fetch(address(session), {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": token },
          body: JSON.stringify({ sent_at: Date.now(), marks: batch }),
          redirect: "manual",
          signal: stop.signal,
        });
        if (answer.type === "opaqueredirect" || answer.status === 403) return { why: "login" };
        if (answer.status >= 500) return { why: "offline" };
        return answer.ok ? { body: await answer.json() } : { why: "refused" };
      } catch {
        return { why: "offline" };
      } finally {
        clearTimeout(clock);
      }
    };

    const sendSome = async () => {
      const all = own(await waiting());
      if (!all.length) return "";
      const { session } = all[0];
      const other = all.findIndex((one) => one.session !== session);
      const batch = all.slice(0, Math.min(AT_MOST, other < 0 ? all.length : other));
      const { body, why } = await post(session, batch.map(({ wire }) => wire));
      if (why) return why;
      const results = new Map(body.results.map((result) => [result.key, result]));
      for (const mark of batch) {
        const result = results.get(mark.wire.key);
        if (!result) continue;
        await marks.remove(mark.n);
        told(mark, result, body);
      }
      return results.size ? "more" : "refused";
    };

    const send = async () => {
      if (isSending) return;
      isSending = true;
      clearTimeout(timer);
      let why = "more";
      while (why === "more") why = await sendSome();
      isSending = false;
      await tell(why);
      if (why === "offline") timer = setTimeout(send, 5000);
      else if (!why && own(await waiting()).length) send();
    };

    addEventListener("online", send);
    document.addEventListener("visibilitychange", () => document.hidden || send());
    await tell();
    send();
    return {
      // The mark that waits already for this person, session and kind, or the new one.
      add: async ({ session, person, label, ...wire }) => {
        const same = own(await waiting()).find(
          (one) => one.session === session && one.person === person && one.wire.kind === wire.kind,
        );
        if (same) return { mark: same, isKnown: true };
        const mark = { user, session, person, label, wire: { ...wire, key: uuid(), at: Date.now() } };
        mark.n = await marks.add(mark);
        await tell();
        return { mark, isKnown: false };
      },
      // True when the mark had not left this phone: then nobody ever hears of it.
      drop: async (mark) => {
        const there = !isSending && (await waiting()).some((one) => one.n === mark.n);
        if (there) await marks.remove(mark.n);
        await tell();
        return there;
      },
      send,
    };
  };
})();
