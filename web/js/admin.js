/* The owner's page: the house's time is that of the owner's browser, and who watches is kept up to date. */
(function () {
  'use strict';
  var EVERY = 10000;                    /* who watches may change without its number, ms */
  var field = document.querySelector('[data-offset]'), meta = document.querySelector('meta[name="form-token"]');
  var live = document.querySelectorAll('[data-watchers]'), timer;

  /* Summer and winter: the house's time follows without a word. page.js has filled the field in. */
  function follow(offset) {
    if (+field.dataset.offset === offset || !meta) return;
    fetch('/api/v1/house', {
      method: 'PUT', headers: { 'Content-Type': 'application/json', 'X-Hearth-Token': meta.content },
      body: JSON.stringify({ utc_offset_minutes: offset })
    }).catch(function () {});
  }
  if (field) follow(+field.value);

  function ask(line) {
    return fetch('/api/v1/channels/' + line.dataset.watchers + '/watchers', { redirect: 'error', headers: { Accept: 'application/json' } })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
      .then(function (answer) { if (line.textContent !== answer.text) line.textContent = answer.text; })
      .catch(function () {});
  }

  function look() {
    clearTimeout(timer);
    if (document.hidden || !live.length) return;
    Promise.all(Array.prototype.map.call(live, ask)).then(function () { clearTimeout(timer); timer = setTimeout(look, EVERY); });
  }

  window.hearthEvents.on('viewers', look);
  document.addEventListener('visibilitychange', look);
  timer = setTimeout(look, EVERY);
}());
