/* The part of the studio page that changes is asked for again and put in place; nothing with the focus is replaced. */
(function () {
  'use strict';
  var EVERY = 2000;
  var now = document.getElementById('now'), shown = now.innerHTML.trim(), timer;

  function ask() {
    clearTimeout(timer);
    if (document.hidden) return;
    fetch('/studio/now', { redirect: 'error' })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.text(); })
      .then(function (html) {
        html = html.trim();
        if (html === shown || now.contains(document.activeElement)) return;
        shown = html;
        now.innerHTML = html;
      })
      .catch(function () {})
      .then(function () { clearTimeout(timer); timer = setTimeout(ask, EVERY); });
  }

  document.addEventListener('visibilitychange', ask);
  timer = setTimeout(ask, EVERY);
}());
