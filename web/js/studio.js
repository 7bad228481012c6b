/*
 * The studio page keeps itself up to date: its head and notices come as HTML, what the encoder doctor says as figures. Nothing with the
 * focus is replaced.
 */
(function () {
  'use strict';
  var EVERY = 5000;                     /* what is measured changes without a word, ms */
  var now = document.getElementById('now'), shown = now.innerHTML.trim(), timer;
  var doctor = document.getElementById('doctor'), end = document.getElementById('end'), said = '';
  var verdict = doctor.querySelector('.verdict'), charts = doctor.querySelector('.charts');

  function put(element, text) { if (element.textContent !== text) element.textContent = text; }

  function fill(sentence, values) { return sentence.replace(/\{(\w+)\}/g, function (_, key) { return values[key]; }); }

  /* For ears: a notice once, however often its "two minutes ago" changes. */
  var noticed = '';
  function notice() {
    var words = Array.prototype.map.call(now.querySelectorAll('[data-notice]'), function (it) { return (it.querySelector('b') || it).textContent; }).join(' ');
    if (words !== noticed) document.getElementById('noticed').textContent = noticed = words;
  }
  notice();

  function head() {
    return fetch('/studio/now', { redirect: 'error' })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.text(); })
      .then(function (html) {
        html = html.trim();
        if (html === shown || now.contains(document.activeElement) || now.querySelector('details[open]')) return;
        shown = html;
        now.innerHTML = html;
        notice();
        end.hidden = !now.querySelector('[data-on-air]');
      });
  }

  function row(finding) {
    var node = document.getElementById('t-' + finding.severity).content.firstElementChild.cloneNode(true);
    node.dataset.code = finding.code;
    node.querySelector('.text').textContent = finding.text;
    if (finding['do']) node.querySelector('.do').textContent = finding['do'];
    return node;
  }

  /* The words, only when they change: a screen reader is told once. */
  function say(health) {
    var words = JSON.stringify(health.findings.map(function (f) { return [f.code, f.severity, f.text]; }));
    verdict.dataset.severity = health.severity;
    put(verdict.querySelector('.words'), health.verdict);
    if (words === said) return;
    said = words;
    var lists = { todo: doctor.querySelector('.findings'), fine: doctor.querySelector('.fine') };
    lists.todo.textContent = lists.fine.textContent = '';
    health.findings.forEach(function (f) { lists[f.severity === 'fine' ? 'fine' : 'todo'].appendChild(row(f)); });
  }

  function megabits(kbps) { return (kbps / 1000).toFixed(1); }

  function draw(health) {
    var history = health.history, kbps = history.kbps, rates = history.rate_tenths;
    charts.hidden = kbps.length < 2;
    if (charts.hidden) return;
    var most = Math.max.apply(null, kbps), least = Math.min.apply(null, kbps), rate = Math.max.apply(null, rates);
    var lost = history.missing.reduce(function (a, b) { return a + b; }, 0), figure = document.getElementById('chart-bitrate');
    put(figure.querySelector('b'), megabits(health.kbps) + ' Mbit/s');
    window.HearthChart(figure, kbps, { top: Math.max(most * 1.15, 500), said: fill(doctor.dataset.bitrateSaid, { now: megabits(health.kbps), low: megabits(least), high: megabits(most) }) });
    figure = document.getElementById('chart-pictures');
    var pictures = Math.round(health.pictures_per_second_tenths / 10);
    put(figure.querySelector('b'), pictures + (lost ? ', ' + fill(doctor.dataset.missing, { n: lost }) : ''));
    window.HearthChart(figure, rates, {
      top: Math.max(rate * 1.15, 100), bad: history.missing.map(function (n) { return Math.min(1, n * 10 / Math.max(rate, 100)); }),
      said: fill(doctor.dataset.picturesSaid, { now: pictures, n: lost })
    });
  }

  function look() {
    return fetch('/api/v1/studio/health', { redirect: 'error', headers: { Accept: 'application/json' } })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
      .then(function (health) {
        doctor.hidden = !health.live;
        if (!health.live) return;
        say(health);
        draw(health);
      });
  }

  function ask() {
    clearTimeout(timer);
    if (document.hidden) return;
    head().then(look).catch(function () {}).then(function () { clearTimeout(timer); timer = setTimeout(ask, EVERY); });
  }

  var player = document.querySelector('[data-player]'), own = player && player.getAttribute('data-name'), told = window.hearthEvents;
  function mine(news) { if (news.name === own) ask(); }
  told.on('channel', mine);
  told.on('viewers', mine);
  ['studio', 'reset', 'back'].forEach(function (type) { told.on(type, ask); });
  document.addEventListener('visibilitychange', ask);
  ask();
}());
