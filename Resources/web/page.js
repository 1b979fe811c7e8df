// What the page does in the browser: choosing and dropping files, uploading them with progress, keys, and checking
// whether the user is still signed in.
(() => {
  "use strict";
  const state = () => window.trame && window.trame.state;
  const set = (name, value) => state() && state().set(name, value);
  const tr = (text) => window.skullrestoreLanguage.translate(text);
  let upload = null;

  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (pick) document.getElementById(`pick-${pick.dataset.pick}`).click();
    if (event.target.closest("[data-cancel-upload]") && upload) upload.abort();
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches(".sr-picker")) return;
    const files = [...event.target.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    event.target.value = "";
    send(files, event.target.dataset.purpose);
  });

  // The purpose of files is given by the control or the place that received them, and is never remembered: a dialog may
  // be cancelled.
  function send(files, purpose) {
    if (!files.length || upload || ended) return;
    if (state().get("busy")) {
      set("error", "Something is still running. Wait for it, or cancel it, and send the files again.");
      return;
    }
    if (purpose === "case" && !mayLose("This opens another case.")) return;
    const limit = (state().get("upload_limit_mb") || 0) * 2 ** 20;
    if (limit && files.reduce((sum, item) => sum + item.file.size, 0) > limit) {
      set("error", `That is more than the ${limit / 2 ** 20} MB that this server accepts. Send the head series alone.`);
      return;
    }
    const form = new FormData();
    for (const { file, path } of files) {
      form.append("path", path);
      form.append("file", file, "file");
    }
    upload = new XMLHttpRequest();
    const query = purpose === "case" ? "" : `?as=${purpose}&of=${encodeURIComponent(state().get("case_code"))}`;
    upload.open("POST", `upload${query}`);
    upload.upload.onprogress = (event) => set("upload_percent", Math.round((100 * event.loaded) / event.total));
    upload.onloadend = () => {
      const { status, responseText } = upload;
      upload = null;
      set("uploading", false);
      if (status === 200 || status === 0) return;
      let text = "The upload was refused.";
      try { text = JSON.parse(responseText).error || text; } catch { /* the answer is not ours */ }
      set("error", text);
    };
    upload.onerror = () => set("error", "The upload was interrupted. Check the connection, and send it again.");
    set("error", "");
    set("upload_percent", 0);
    set("uploading", true);
    upload.send(form);
  }

  // --- dropping files and folders on the page

  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.dataset.dropText = tr("Drop the CT of a new case here");
    document.body.classList.add("sr-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("sr-dropping");
  });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("sr-dropping");
    const target = event.target.closest && event.target.closest("[data-drop]");
    const purpose = target ? target.dataset.drop : "case";
    const entries = [...event.dataTransfer.items]
      .map((item) => (item.webkitGetAsEntry && item.webkitGetAsEntry()) || item.getAsFile())
      .filter(Boolean);
    send((await Promise.all(entries.map(walk))).flat(), purpose);
  });

  async function walk(entry) {
    if (entry instanceof File) return [{ file: entry, path: entry.name }];
    if (entry.isFile) {
      return new Promise((done) =>
        entry.file((file) => done([{ file, path: entry.fullPath.slice(1) }]), () => done([])));
    }
    const reader = entry.createReader();
    const found = [];
    for (;;) { // a reader returns a hundred entries at a time
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
    if (!state().get("busy") && state().get("can")[action]) window.trame.trigger(action);
  });

  // Pictures of the views, and what takes their keys, are made by the framework: without a text for those who do not
  // see them.
  function nameViews() {
    for (const view of document.querySelectorAll(".sr-view")) {
      const solid = view.dataset.view === "solid", title = solid ? "3D view" : `${view.dataset.view} slice`;
      const keysOf = solid ? "3D view: arrow keys turn it, plus and minus zoom" : `${title}: plus and minus zoom`;
      for (const image of view.querySelectorAll("img:not([alt])")) image.alt = title;
      for (const keys of view.querySelectorAll("div[tabindex]:not([role])")) {
        keys.setAttribute("role", "application");
        keys.setAttribute("aria-label", keysOf);
      }
    }
  }
  new MutationObserver(nameViews).observe(document.body, { childList: true, subtree: true });

  // A view that has the focus is turned and zoomed by keys.
  const TURNS = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, 10], ArrowDown: [0, -10] };
  document.addEventListener("keydown", (event) => {
    const keys = event.target.closest && event.target.closest(".sr-view [role=application]");
    if (!keys || event.ctrlKey || event.metaKey || event.altKey) return;
    const name = keys.closest(".sr-view").dataset.view;
    if ("+=-".includes(event.key)) window.trame.trigger("zoom", [name, event.key !== "-"]);
    else if (name === "solid" && TURNS[event.key]) window.trame.trigger("turn", TURNS[event.key]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the framework has other uses for keys
  }, true);

  // --- fingers

  // One finger is a mouse, but arrives without having moved over the view: the point under it would not be noticed
  // before it is pressed. Two fingers enlarge and move the picture; the framework's own zoom by them is wild.
  const fingers = new Map(), PINCH_EVERY = 60, NOTICE_MS = 60;
  let pinched = null, pinchTimer = null, fingersSeen = false, press = null, pressTimer = null;
  const areaOf = (event) => event.target.closest && event.target.closest(".sr-view .remote-controlled-area");

  function spread() {
    const [a, b] = [...fingers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, size: Math.max(20, Math.hypot(a.x - b.x, a.y - b.y)) };
  }

  function sendPinch() {
    pinchTimer = null;
    if (!pinched || fingers.size !== 2) return;
    const now = spread(), { last, name, height } = pinched;
    window.trame.trigger("pinch",
      [name, now.size / last.size, (now.x - last.x) / height, (now.y - last.y) / height]);
    pinched.last = now;
  }

  function repeat(type, { target, clientX, clientY, pointerId, pointerType }, as = {}) {
    target.dispatchEvent(new PointerEvent(type,
      { bubbles: true, cancelable: true, clientX, clientY, pointerId, pointerType, isPrimary: true, ...as }));
  }

  // Press once the view has noticed what is under the finger.
  function pressSoon(event) {
    const hover = () => repeat("pointermove", event, { pointerType: "mouse", pointerId: 1 });
    hover();
    press = () => {
      press = null;
      repeat("pointerdown", event, { button: 0, buttons: 1 });
    };
    pressTimer = setTimeout(() => {
      hover();
      pressTimer = setTimeout(() => press && press(), NOTICE_MS);
    }, NOTICE_MS);
  }

  document.addEventListener("pointerdown", (event) => {
    const area = areaOf(event);
    if (event.pointerType === "mouse" || !event.isTrusted || !area) return;
    if (!fingersSeen) window.trame.trigger("fingers");
    fingersSeen = true;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, target: event.target });
    if (fingers.size === 1) {
      event.stopImmediatePropagation();
      pressSoon(event);
      return;
    }
    event.stopImmediatePropagation();
    if (fingers.size !== 2) return;
    clearTimeout(pressTimer);
    press = null;
    const [id, first] = [...fingers][0];
    first.target.dispatchEvent(new PointerEvent("pointercancel",
      { bubbles: true, pointerType: event.pointerType, pointerId: id, clientX: first.x, clientY: first.y }));
    pinched = { name: area.closest(".sr-view").dataset.view, height: area.clientHeight, last: spread() };
  }, true);
  document.addEventListener("pointermove", (event) => {
    const finger = event.isTrusted && fingers.get(event.pointerId);
    if (!finger) return;
    finger.x = event.clientX;
    finger.y = event.clientY;
    if (!pinched) return;
    event.stopImmediatePropagation();
    pinchTimer = pinchTimer || setTimeout(sendPinch, PINCH_EVERY);
  }, true);
  for (const type of ["pointerup", "pointercancel"]) {
    document.addEventListener(type, (event) => {
      if (!event.isTrusted || !fingers.has(event.pointerId)) return;
      if (press) { // a tap
        clearTimeout(pressTimer);
        press();
      }
      if (pinched) {
        event.stopImmediatePropagation();
        clearTimeout(pinchTimer);
        sendPinch();
      }
      fingers.delete(event.pointerId);
      if (!fingers.size) pinched = null; // a finger that stays would turn the view by where the other one was
    }, true);
  }

  // --- a picture of the views, with everything that is written on them

  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-picture]")) return;
    const views = document.querySelector(".sr-views"), box = views.getBoundingClientRect(), foot = 24;
    const canvas = Object.assign(document.createElement("canvas"), { width: box.width, height: box.height + foot });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    const place = (element) => {
      const at = element.getBoundingClientRect();
      return [at.left - box.left, at.top - box.top, at.width, at.height];
    };
    for (const image of views.querySelectorAll(".sr-view img")) {
      if (image.offsetParent && image.naturalWidth) pen.drawImage(image, ...place(image));
    }
    pen.textBaseline = "top";
    for (const element of views.querySelectorAll(".sr-title, .sr-letter, .sr-scale, .sr-mm, .sr-legend b, .sr-legend li, .sr-badge b, .sr-badge span")) {
      if (!element.offsetParent) continue;
      const style = getComputedStyle(element), [x, y, width, height] = place(element);
      pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      if (element.closest(".sr-badge")) {
        pen.fillStyle = getComputedStyle(element.closest(".sr-badge")).backgroundColor;
        pen.fillRect(x, y, width, height);
      }
      pen.fillStyle = style.color;
      pen.fillText(element.innerText, x, y);
      if (element.matches(".sr-scale")) pen.fillRect(x, y + height - 2, width, 2);
    }
    for (const bar of views.querySelectorAll(".sr-legend i")) {
      const [x, y, width, height] = place(bar), colours = state().get("legend").colours;
      const gradient = pen.createLinearGradient(0, y + height, 0, y);
      colours.forEach((one, n) => gradient.addColorStop(n / (colours.length - 1), one));
      pen.fillStyle = gradient;
      pen.fillRect(x, y, width, height);
    }
    pen.fillStyle = "#f5d9a8";
    pen.font = "12px sans-serif";
    pen.fillText(`${document.getElementById("case").innerText} - ${tr("Research use only.")}`, 8, box.height + 6);
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png");
    link.download = `${state().get("case_code").replace(" ", "_")}.png`;
    link.click();
  });

  // --- work that would be lost

  const REPORT_EVERY = 2000, ASK_EVERY = 3000;
  let leaving = false, ended = "", lastReport = 0, reporting = null, missed = 0, cut = false, place = "";
  // the files, as they were when one of them was downloaded; kept where the page is loaded again
  const DOWNLOADED = "skullrestore-downloaded";

  function wouldLose() {
    if (!state() || ended) return false;
    const edited = (state().get("can") || {}).undo || state().get("moved") || (state().get("implants") || []).length;
    const files = state().get("files") || [];
    return Boolean(edited) && !(files.length && JSON.stringify(files) === sessionStorage.getItem(DOWNLOADED));
  }

  function mayLose(what) {
    return !wouldLose() || window.confirm(
      `${tr(what)} ${tr("What you changed or designed in it was not downloaded, and is lost then. Go on?")}`);
  }

  window.addEventListener("click", (event) => { // before any handler of the page itself
    const at = (selector) => event.target.closest && event.target.closest(selector);
    const asking = at("[data-asks]");
    if (asking && !asking.disabled && !mayLose(asking.dataset.asks)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (asking && asking.type === "submit") leaving = true;
    if (at(".sr-files a[download]")) sessionStorage.setItem(DOWNLOADED, JSON.stringify(state().get("files")));
  }, true);

  window.addEventListener("beforeunload", (event) => {
    if (leaving || !wouldLose()) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the framework would close the connection of a page that stays
  }, true);

  // --- is somebody still there?

  // Only what a person does counts: the page also sends by itself. Below a pointer that rests, a browser sends moves of
  // no distance whenever the page changes.
  function noteActivity(event) {
    if (!event.isTrusted || event.repeat || reporting) return;
    if (event.type === "pointermove") {
      const before = place;
      place = `${event.screenX},${event.screenY}`;
      if (!before || before === place) return;
    }
    reporting = setTimeout(() => {
      reporting = null;
      lastReport = Date.now();
      ask("active", "POST");
    }, Math.max(0, lastReport + REPORT_EVERY - Date.now()));
  }
  for (const type of ["pointermove", "pointerdown", "keydown", "touchstart", "wheel"]) {
    window.addEventListener(type, noteActivity, { capture: true, passive: true });
  }

  // --- is everything still there?

  function leave(address) {
    leaving = true;
    window.location.assign(address);
  }

  async function ask(path, method) {
    if (leaving) return;
    let answer;
    try {
      answer = await fetch(path, { method, cache: "no-store", redirect: "manual" });
    } catch {
      missed += 1;
      if (missed > 1) {
        showEnd("server", "The server does not answer.", "If it was stopped, your case is lost. If only the " +
          "connection is interrupted, your case is kept for a short time. This page goes on trying.", "Try now");
      }
      return;
    }
    if (answer.type === "opaqueredirect") return leave("./"); // a sign-on in front wants the user to sign in
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 401 || answer.status === 403) {
      const why = said.why || (ended === "server" ? "restarted" : "");
      return leave(why ? `./?why=${why}` : "./");
    }
    if (!answer.ok) return;
    missed = 0;
    set("leaving", said.left !== null && said.left < 60 ? Math.max(1, Math.round(said.left)) : 0);
    if (said.workspace !== state().get("workspace")) {
      showEnd("lost", said.ended, "The case and what was done in it are gone. Files that you downloaded are not " +
        "affected.", "Start again");
    } else if (cut && said.connected) {
      showEnd("elsewhere", "This case was opened in another tab or browser.", "It is kept. One page at a time can " +
        "show it.", "Use it here");
    } else if (cut || ended === "server") {
      showEnd("cut", "The connection to the server was interrupted.", "Your case is kept.", "Go on with it");
    }
  }

  function showEnd(kind, what, kept, button) {
    if (ended === kind) return;
    ended = kind;
    const old = document.getElementById("sr-end");
    if (old) old.remove();
    const box = document.createElement("div");
    box.id = "sr-end";
    box.setAttribute("role", "alertdialog");
    box.setAttribute("aria-modal", "true");
    box.setAttribute("aria-label", what);
    for (const [tag, text] of [["h2", what], ["p", kept], ["button", button]]) {
      box.appendChild(Object.assign(document.createElement(tag), { textContent: text }));
    }
    box.lastChild.addEventListener("click", () => {
      if (kind === "server") ask("alive", "GET");
      else leave(kind === "lost" ? "./?again=1" : "./");
    });
    document.body.appendChild(box);
    box.lastChild.focus();
  }

  window.trame.client.onConnectionClose(() => {
    cut = true;
    ask("alive", "GET");
  });
  setInterval(() => ask("alive", "GET"), ASK_EVERY);
})();
