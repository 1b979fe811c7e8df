// What the page does by itself: picking and dropping files, uploading them with progress, keys, and looking whether one is still signed in.
(() => {
  "use strict";
  const state = () => window.trame && window.trame.state;
  const set = (name, value) => state() && state().set(name, value);
  let upload = null;
  let purpose = "case";

  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (pick) {
      purpose = pick.dataset.as || "case";
      document.getElementById(`pick-${pick.dataset.pick}`).click();
    }
    if (event.target.closest("[data-cancel-upload]") && upload) upload.abort();
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches(".sr-picker")) return;
    const files = [...event.target.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    event.target.value = "";
    send(files);
  });

  function send(files) {
    if (!files.length || upload) return;
    const limit = (state().get("upload_limit_mb") || 0) * 2 ** 20;
    if (limit && files.reduce((sum, one) => sum + one.file.size, 0) > limit) {
      set("error", `That is more than the ${limit / 2 ** 20} MB that this server takes. Send the head series alone.`);
      return;
    }
    const form = new FormData();
    for (const one of files) {
      form.append("path", one.path);
      form.append("file", one.file, "file");
    }
    upload = new XMLHttpRequest();
    upload.open("POST", `upload${purpose === "before" ? "?as=before" : ""}`);
    upload.upload.onprogress = (event) => set("upload_percent", Math.round((100 * event.loaded) / event.total));
    upload.onloadend = () => {
      const { status, responseText } = upload;
      upload = null;
      set("uploading", false);
      if (status === 200 || status === 0) return;
      let text = "The upload was refused.";
      try { text = JSON.parse(responseText).error || text; } catch { /* not from us */ }
      set("error", text);
    };
    upload.onerror = () => set("error", "The upload broke off. Look whether the connection is there, and send it again.");
    set("error", "");
    set("upload_percent", 0);
    set("uploading", true);
    upload.send(form);
    purpose = "case";
  }

  // --- dropping files and folders on the page

  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("sr-dropping");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("sr-dropping"));
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("sr-dropping");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
    send((await Promise.all(entries.map(walk))).flat());
  });

  async function walk(entry) {
    if (entry.isFile) return new Promise((done) => entry.file((file) => done([{ file, path: entry.fullPath.slice(1) }]), () => done([])));
    const reader = entry.createReader();
    const found = [];
    for (;;) { // a reader gives a hundred entries at a time
      const some = await new Promise((done) => reader.readEntries(done, () => done([])));
      if (!some.length) break;
      found.push(...some);
    }
    return (await Promise.all(found.map(walk))).flat();
  }

  // --- keys

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    const action = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
    if (!action) return;
    event.preventDefault();
    if (!state().get("busy") && state().get(`can_${action}`)) window.trame.trigger(action);
  });

  // --- still signed in?

  async function look() {
    try {
      const answer = await fetch("alive", { cache: "no-store" });
      if (answer.status === 401) window.location.assign("./?why=idle");
      const { left } = await answer.json();
      set("leaving", left !== null && left < 60 ? Math.max(1, Math.round(left)) : 0);
    } catch { /* the server is gone, or the page does not stand behind a gate */ }
  }
  setInterval(look, 10000);
})();
