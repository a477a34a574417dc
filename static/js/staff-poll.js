/* Small helps of the staff pages: fresh blocks (data-poll), live message preview, printing.
   Without it links and buttons do the same. */
(function () {
  "use strict";
  function stateOf(block) {
    var mark = block.querySelector("[data-state]");
    return mark && mark.dataset.state;
  }
  function refresh(block) {
    if (document.hidden) { return schedule(block); }
    fetch(block.dataset.poll, { credentials: "same-origin", headers: { "X-Fragment": "1" } })
      .then(function (answer) {
        if (answer.redirected) { location.reload(); } // the login has ended
        if (!answer.ok || answer.redirected) { throw answer.status; }
        return answer.text();
      })
      .then(function (html) {
        var before = stateOf(block);
        block.innerHTML = html;
        if (before && stateOf(block) !== before) { return location.reload(); } // other buttons now
        if (!block.querySelector("[data-final]")) { schedule(block); }
      })
      .catch(function () { schedule(block); });
  }
  function schedule(block) { setTimeout(function () { refresh(block); }, Number(block.dataset.every || 2000)); }
  function preview(source) {
    var timer, turn = 0, target = document.getElementById(source.dataset.preview), form = source.form;
    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(function () {
        var mine = ++turn; // a slow answer to earlier typing must not replace a later one
        fetch(source.dataset.previewUrl, { method: "POST", body: new FormData(form), credentials: "same-origin" })
          .then(function (answer) { if (!answer.ok || answer.redirected) { throw answer.status; } return answer.text(); })
          .then(function (html) { if (mine === turn) { target.innerHTML = html; } })
          .catch(function () {}); // what is typed stays; saving tells what is wrong
      }, 400);
    });
  }
  function nameLandmarks() { // the theme has none, so a screen reader could not skip the sidebar
    var main = document.getElementById("main");
    if (main) { main.setAttribute("role", "main"); }
  }
  function nameSelects() { // and its search boxes do not take over the label of their field
    document.querySelectorAll("select.select2-hidden-accessible").forEach(function (select) {
      var label = select.labels && select.labels[0], box = select.parentNode.querySelector(".select2-selection");
      [box, box && box.querySelector(".select2-selection__rendered"), box && box.querySelector(".select2-search__field")].forEach(function (part) {
        if (label && part) { part.setAttribute("aria-label", label.textContent.trim()); part.removeAttribute("aria-labelledby"); }
      });
    });
  }
  function nameScrollers() { // the theme calls each of its scroll areas the same
    document.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach(function (area, number) {
      area.setAttribute("aria-label", area.closest("#nav-sidebar-apps") ? "Menu petugas" : "Tabel " + (number + 1));
    });
  }
  function nameHeadings() { // of the columns with the buttons of a row
    document.querySelectorAll("#main th").forEach(function (heading) {
      if (heading.textContent.trim() || heading.children.length) { return; }
      var words = document.createElement("span");
      words.className = "st-hidden";
      words.textContent = "Tindakan";
      heading.appendChild(words);
    });
  }
  window.addEventListener("load", function () { setTimeout(function () { nameSelects(); nameScrollers(); nameHeadings(); }, 0); });
  document.addEventListener("DOMContentLoaded", function () {
    nameLandmarks();
    document.querySelectorAll("[data-poll]").forEach(function (block) {
      if (!block.querySelector("[data-final]")) { schedule(block); }
    });
    document.querySelectorAll("[data-preview]").forEach(preview);
    document.querySelectorAll("[data-insert]").forEach(function (chip) {
      chip.addEventListener("click", function () {
        var box = document.getElementById(chip.dataset.target), text = chip.dataset.insert;
        box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
        box.focus();
        box.dispatchEvent(new Event("input", { bubbles: true }));
      });
    });
    document.querySelectorAll("[data-print]").forEach(function (button) {
      button.addEventListener("click", function () { window.print(); });
    });
  });
}());
