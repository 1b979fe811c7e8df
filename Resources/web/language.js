// The page in the language that the user chose, or that the browser asks for. Every text of the page and every sentence
// of the server is looked up in the catalogues of the panel of 3D Slicer ({1}, {2} stand for what was put in); what is
// not known stays English. Nodes keep their text in English, so that the language can be changed at any time.
(() => {
  "use strict";
  const NAMES = { en: "English", de: "Deutsch", ru: "Русский" }, COOKIE = "skullrestore_language";
  const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt"];
  const LEFT_ALONE = "script, style, textarea, code, #sr-user, [data-language]";
  const SHORT_PIECE = 8; // letters; as in SkullRestoreLib/_system/translation.py
  const shown = new WeakMap(); // node -> what was written into it, by attribute; "" for its text
  let words = {}, sentences = [], cache = new Map(), unknown = new Set(), language = "en";

  function wanted() {
    const chosen = document.cookie.split("; ").find((one) => one.startsWith(`${COOKIE}=`));
    const asked = [chosen ? chosen.split("=")[1] : "", ...(navigator.languages || [navigator.language || ""])];
    return asked.map((one) => one.slice(0, 2).toLowerCase()).find((one) => one in NAMES) || "en";
  }

  function load(catalogue) {
    const pattern = (text) => new RegExp(`^${text.split(/({\d+})/).map((part) => (/^{\d+}$/.test(part)
      ? `(?<n${part.slice(1, -1)}>.*?)` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("")}$`, "su");
    words = catalogue.words || {};
    sentences = (catalogue.sentences || []).map(([source, translation]) => [
      pattern(source), translation, new Set([...source.matchAll(/'{(\d+)}'/g)].map((found) => found[1])),
      source.replace(/{\d+}/g, "").length < SHORT_PIECE && !/[.?]$/.test(source), // pieces, such as "{1} or {2}"
      placesInOneSentence(source),
    ]);
    cache = new Map();
    unknown = new Set();
  }

  // "{1} triangles." is one sentence, "{1} It stays." are two; "{1} must be {2}" is a part of one.
  function placesInOneSentence(source) {
    if (/[.?]$/.test(source)) return /^\{1\}(?! [A-Z])/.test(source) ? ["1"] : [];
    const places = [...source.matchAll(/{(\d+)}/g)].map((found) => found[1]);
    return /: {\d+}$/.test(source) ? places.slice(0, -1) : places;
  }

  function lookUp(text) {
    if (text in words) return words[text];
    const isSentence = /[.?]$/.test(text);
    for (const [pattern, translation, names, isShort, oneSentence] of sentences) { // what is in quotes stays as it is
      const found = isShort && isSentence ? null : pattern.exec(text);
      const value = (n) => (found.groups || {})[`n${n}`] || "";
      if (found && !oneSentence.some((n) => /^[^'][^]*[.?!] \S/.test(value(n)))) {
        return translation.replace(/{(\d+)((?:\|[^{}|]*)+)?}/g, (_, n, forms) => (forms
          ? form(value(n), forms.slice(1).split("|")) : names.has(n) ? value(n) : translateValue(value(n))));
      }
    }
    return null;
  }

  // The form of a word that goes with a number: two in German, three in Russian (1, 2 to 4, 5 and more).
  function form(number, forms) {
    const last = forms.length - 1;
    if (language !== "ru") return forms[number === "1" ? 0 : last];
    if (!/^\d+$/.test(number)) return forms[Math.min(1, last)];
    if (/1[1-4]$/.test(number)) return forms[last];
    return forms[/1$/.test(number) ? 0 : /[2-4]$/.test(number) ? Math.min(1, last) : last];
  }

  // What was put into a sentence, where it is words, a sentence, or a list; never a name in quotes.
  function translateValue(value) {
    if (/^'[^]*'$/.test(value)) return value;
    const bare = value.trim();
    if (bare && bare !== value) return value.replace(bare, () => translateValue(bare));
    const translation = translate(value);
    const ended = translation === value && !value.endsWith(".") ? lookUp(`${value}.`) : null; // a sentence inside another
    if (ended !== null) return ended.replace(/\.$/, "");
    const separator = translation === value ? ["; ", ", "].find((one) => value.includes(one)) : undefined;
    return separator ? value.split(separator).map(translateValue).join(separator) : translation;
  }

  function translate(text) {
    if (language === "en" || !/[A-Za-z]{2}/.test(text)) return text;
    if (cache.has(text)) return cache.get(text);
    let result = lookUp(text);
    if (result === null) {
      result = text;
      for (const end of text.matchAll(/[.?!] (?=\S)/g)) { // what stands before the end of a sentence, then the rest
        const first = lookUp(text.slice(0, end.index + 1));
        if (first !== null) {
          result = `${first} ${translate(text.slice(end.index + 2))}`;
          break;
        }
      }
    }
    if (result === text && lookUp(text) === null) unknown.add(text);
    if (cache.size > 3000) cache.clear();
    cache.set(text, result);
    return result;
  }

  // A text as it is written in the source: blanks and breaks inside count as one blank, those around it are kept.
  function translateNodeText(text) {
    const [, before, inner, after] = /^(\s*)([^]*?)(\s*)$/.exec(text);
    return inner ? before + translate(inner.replace(/\s+/g, " ")) + after : text;
  }

  function write(node, name, now, put) {
    const known = shown.get(node) || {};
    const source = known[name] && known[name].written === now ? known[name].source : now;
    const written = translateNodeText(source);
    shown.set(node, { ...known, [name]: { source, written } });
    if (written !== now) put(written);
  }

  function visit(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.parentElement && !node.parentElement.closest(LEFT_ALONE)) {
        write(node, "", node.data, (text) => { node.data = text; });
      }
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches("script, style, textarea, code")) return;
    for (const name of ATTRIBUTES) {
      if (node.hasAttribute(name)) write(node, name, node.getAttribute(name), (text) => node.setAttribute(name, text));
    }
    if (node.matches("[data-language]")) fillChoice(node);
    else for (const child of node.childNodes) visit(child);
  }

  function fillChoice(choice) {
    if (!choice.options.length) {
      for (const [code, name] of Object.entries(NAMES)) choice.add(new Option(name, code));
    }
    choice.value = language;
  }

  async function use(code) {
    const catalogue = code === "en" ? {} : await fetch(`languages/${code}.json`).then((answer) => answer.json());
    language = code;
    load(catalogue);
    document.documentElement.lang = code;
    visit(document.body);
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-language]")) return;
    document.cookie = `${COOKIE}=${event.target.value}; path=/; max-age=31536000; samesite=strict`;
    use(event.target.value);
  });
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(visit);
      else if (change.type === "characterData") visit(change.target);
      else if (change.target.hasAttribute(change.attributeName)) {
        const { target, attributeName: name } = change;
        write(target, name, target.getAttribute(name), (text) => target.setAttribute(name, text));
      }
    }
  }).observe(document.documentElement,
    { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });

  window.skullrestoreLanguage = { translate: (text) => translate(text), current: () => language, unknown: () => [...unknown] };
  use(wanted()).catch(() => use("en"));
})();
