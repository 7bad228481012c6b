/* The menu "How to play": the way, each with its delay while it plays, and whether the delay stands on the picture. */
(function () {
  'use strict';
  var KEY = 'hearth-delay', EVERY = 500;      /* ms */
  var CHOICE = { instant: 'instant', low: 'low', steady: 'steady', native: 'steady' };

  /* player: changed() after a new choice, latency() in seconds behind life. */
  function Menu(box, ladder, player) {
    var menu = box.querySelector('.menu'), button = box.querySelector('[data-act="menu"]'), word = box.querySelector('.mode-word');
    var figure = box.querySelector('.delay'), tick = menu.querySelector('[name="delay"]');

    function wants() { try { return localStorage.getItem(KEY) === 'on'; } catch (e) { return tick.checked; } }

    /* The way that plays now, in the button. */
    function show() {
      var way = ladder.now(), row = way && menu.querySelector('[value="' + CHOICE[way] + '"]');
      box.dataset.way = way || '';
      word.textContent = row ? row.dataset.short : '';
      button.hidden = !row;
    }

    function measure() {
      if (menu.hidden && figure.hidden) return;
      var seconds = player.latency(), known = seconds >= 0, way = CHOICE[ladder.now()];
      figure.textContent = known ? seconds.toFixed(2) + ' s' : '';
      Array.prototype.forEach.call(menu.querySelectorAll('.num'), function (num) {
        num.textContent = num.dataset.of === way && known ? seconds.toFixed(1) + ' s' : '';
      });
    }

    function open(on) {
      if (menu.hidden === !on) return;
      menu.hidden = !on;
      button.setAttribute('aria-expanded', on);
      if (!on) return button.focus();
      var now = menu.querySelector('[value="' + ladder.pinned() + '"]');
      now.checked = true;
      now.focus();
      measure();
    }

    menu.addEventListener('change', function (event) {
      if (event.target === tick) {
        try { localStorage.setItem(KEY, tick.checked ? 'on' : 'off'); } catch (e) { /* then for this page alone */ }
        figure.hidden = !tick.checked;
      } else {
        ladder.pin(event.target.value);
        player.changed();
      }
      measure();
    });
    menu.addEventListener('keydown', function (event) {
      if (event.keyCode !== 27 && event.keyCode !== 8) return;
      open(false);
      event.preventDefault();
      event.stopPropagation();
    });
    document.addEventListener('pointerdown', function (event) { if (!menu.contains(event.target) && !button.contains(event.target)) open(false); });
    tick.checked = wants();
    figure.hidden = !tick.checked;
    setInterval(measure, EVERY);

    return { show: show, toggle: function () { open(menu.hidden); }, isOpen: function () { return !menu.hidden; } };
  }

  window.HearthMenu = Menu;
}());
