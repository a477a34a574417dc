/* Keeps blocks marked data-poll fresh, and the message preview live. Without it links do the same. */
(function () {
  "use strict";
  function refresh(block) {
    if (document.hidden) { return schedule(block); }
    fetch(block.dataset.poll, { credentials: "same-origin", headers: { "X-Fragment": "1" } })
      .then(function (answer) { if (!answer.ok) { throw answer.status; } return answer.text(); })
      .then(function (html) {
        block.innerHTML = html;
        if (!block.querySelector("[data-final]")) { schedule(block); }
      })
      .catch(function () { schedule(block); });
  }
  function schedule(block) { setTimeout(function () { refresh(block); }, Number(block.dataset.every || 2000)); }
  function preview(source) {
    var timer, target = document.getElementById(source.dataset.preview), form = source.form;
    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(function () {
        fetch(source.dataset.previewUrl, { method: "POST", body: new FormData(form), credentials: "same-origin" })
          .then(function (answer) { return answer.text(); })
          .then(function (html) { target.innerHTML = html; });
      }, 400);
    });
  }
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-poll]").forEach(schedule);
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
