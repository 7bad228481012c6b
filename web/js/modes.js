/*
 * Which way a picture is played: instant, hls (hls.js) or native. What the viewer chose comes first, what fails is left out for a
 * minute. Also the menu in which it is chosen.
 */
(function () {
  'use strict';
  var KEY = 'hearth-mode', FORGET = 60000;
  var ORDER = { auto: ['instant', 'hls', 'native'], instant: ['instant', 'hls', 'native'], steady: ['hls', 'native'] };
  var CHOICE = { instant: 'instant', hls: 'steady', native: 'steady' };

  function can(way, video) {
    if (way === 'instant') return !!window.HearthInstant && window.HearthInstant.isSupported();
    if (way === 'hls') return !!window.Hls && window.Hls.isSupported();
    return !!video.canPlayType('application/vnd.apple.mpegurl');
  }

  /* player: changed() after a new choice, latency() in seconds, may give a promise. */
  function Modes(box, video, player) {
    var failedAt = {}, rewound = false, way = null, timer;
    var menu = box.querySelector('.menu'), button = box.querySelector('[data-act="menu"]'), word = box.querySelector('.mode-word');

    function pinned() {
      try { return ORDER[localStorage.getItem(KEY)] ? localStorage.getItem(KEY) : 'auto'; } catch (e) { return 'auto'; }
    }

    function choose() {
      var ways = rewound ? ORDER.steady : ORDER[pinned()];
      return ways.filter(function (it) { return can(it, video) && !(Date.now() - failedAt[it] < FORGET); })[0] || null;
    }

    function show() {
      box.dataset.way = way || '';
      if (!word) return;
      var row = way && menu.querySelector('[value="' + CHOICE[way] + '"]');
      word.textContent = row ? row.dataset.short : '';
      button.hidden = !row;
    }

    /* How far behind, in the row of the way that plays. */
    function measure() {
      Promise.resolve(player.latency()).then(function (seconds) {
        Array.prototype.forEach.call(menu.querySelectorAll('.num'), function (num) {
          num.textContent = num.dataset.of === CHOICE[way] && seconds >= 0 ? seconds.toFixed(1) + ' s' : '';
        });
      });
    }

    function open(on) {
      if (!menu || menu.hidden === !on) return;
      menu.hidden = !on;
      button.setAttribute('aria-expanded', on);
      clearInterval(timer);
      if (!on) return button.focus();
      var now = menu.querySelector('[value="' + pinned() + '"]');
      now.checked = true;
      now.focus();
      measure();
      timer = setInterval(measure, 1000);
    }

    if (menu) {
      menu.addEventListener('change', function (event) {
        try { localStorage.setItem(KEY, event.target.value); } catch (e) { /* then it holds for nothing: there is nowhere to keep it */ }
        failedAt = {};
        rewound = false;
        player.changed();
        measure();
      });
      menu.addEventListener('keydown', function (event) {
        if (event.keyCode !== 27 && event.keyCode !== 8) return;
        open(false);
        event.preventDefault();
        event.stopPropagation();
      });
      document.addEventListener('pointerdown', function (event) { if (!menu.contains(event.target) && !button.contains(event.target)) open(false); });
    }

    return {
      choose: choose,
      use: function (it) { way = it; show(); },
      now: function () { return way; },
      failed: function (it) { failedAt[it] = Date.now(); },
      forgive: function () { failedAt = {}; rewound = false; },
      rewind: function (on) { rewound = on; },
      isRewound: function () { return rewound; },
      menu: function () { open(menu.hidden); },
      isOpen: function () { return !!menu && !menu.hidden; }
    };
  }

  /* Seconds between a moment on the box's clock, ms, and now. */
  Modes.since = function (then) {
    var asked = Date.now();
    return fetch('/api/v1/time').then(function (answer) { return answer.json(); })
      .then(function (time) { return (time.unix_ms + (Date.now() - asked) / 2 - then) / 1000; });
  };
  window.HearthModes = Modes;
}());
