/*
 * The remote control of the TV's player, in the place of hands.js. The overlay is hidden (arrows wind and show it), it is only glanced at
 * (it shows where one is, without the focus), or it is open (arrows walk in it). It leaves by itself.
 */
(function () {
  'use strict';
  var LEAVES = 5000, GLANCE = 2500;           /* the overlay leaves after, ms */
  var STEP = 30;                              /* seconds that the timeline moves by */

  function Hands(box, acts, busy, after) {
    var remote = window.hearthRemote, menu = box.querySelector('.menu'), bottom = box.querySelector('.tv-bottom'), talk = box.querySelector('[data-talk]');
    var seek = box.querySelector('.seek'), first = bottom.querySelector('[data-first]');
    var open = false, timer, before = null;

    function live() { return box.dataset.state === 'live'; }
    function over() { return box.querySelector('[data-over="' + box.dataset.state + '"]'); }

    function visible(on, ms) {
      clearTimeout(timer);
      box.classList.toggle('idle', !on);
      document.body.classList.toggle('shown', open);
      if (on) timer = setTimeout(rest, ms);
    }

    /* A paused picture keeps its words, an open menu itself. */
    function rest() {
      if (busy() && (live() || !menu.hidden)) { timer = setTimeout(rest, LEAVES); return; }
      hide();
    }

    function show() {
      open = true;
      visible(true, LEAVES);
      if (!bottom.contains(document.activeElement)) remote.show(first);
    }

    function hide() {
      open = false;
      visible(false);
      if (bottom.contains(document.activeElement)) document.activeElement.blur();
    }

    function glance(ms) { if (!open) visible(true, ms); }

    function closeMenu() { box.querySelector('[data-act="menu"]').click(); }

    /* Off air, and where nothing plays here: the buttons under the words have the focus. */
    function settle() {
      if (box.dataset.state === before) return;
      before = box.dataset.state;
      if (live()) {
        if (document.activeElement !== document.body && !bottom.contains(document.activeElement)) document.activeElement.blur();
        return glance(LEAVES);
      }
      hide();
      var button = over() && over().querySelector('[data-first], button');
      if (button) remote.show(button); else if (document.activeElement !== document.body) document.activeElement.blur();
    }

    function inMenu(key) {
      if (key === 'back') return closeMenu();
      if (key !== 'ok') { remote.move(key, menu); return; }
      var it = document.activeElement;
      if (!menu.contains(it)) return;
      it.click();
      if (it.type === 'radio') closeMenu();
    }

    function inOverlay(key, event) {
      if (key === 'back') return hide();
      if (key === 'ok') return false;
      if (document.activeElement === seek && (key === 'left' || key === 'right')) return acts.seek(key === 'left' ? -STEP : STEP);
      if (!remote.move(key, document.querySelector('.toast') && key === 'up' ? document : bottom) && document.activeElement === document.body) remote.show(first);
      visible(true, LEAVES);
      event.preventDefault();
      return undefined;
    }

    function hidden(key) {
      if (key === 'back') acts.back();
      else if (key === 'ok' && !box.querySelector('[data-act="unmute"]').hidden) { acts.unmute(); document.activeElement.blur(); glance(GLANCE); }
      else if (key === 'left' || key === 'right') { acts[key](); glance(GLANCE); }
      else show();
    }

    function covered(key) {
      var words = over();
      if (key === 'back') return acts.back();
      if (key === 'ok' && words && words.contains(document.activeElement)) return false;
      var button = words && words.querySelector('[data-first], button');
      if (button && !words.contains(document.activeElement)) remote.show(button);
      else if (button && /left|right|up|down/.test(key)) remote.move(key, words);
      return undefined;
    }

    document.addEventListener('keydown', function (event) {
      var key = remote.key(event), taken;
      if (!key) return;
      if (key === 'play' || key === 'resume' || key === 'pause') { acts[key](); glance(LEAVES); }
      else if (!menu.hidden) taken = inMenu(key);
      else if (!live()) taken = covered(key);
      else taken = open ? inOverlay(key, event) : hidden(key);
      if (open) visible(true, LEAVES);
      if (taken !== false) event.preventDefault();
      after();
    }, true);

    box.addEventListener('click', function (event) {
      var button = event.target.closest('[data-act], [data-talk]');
      if (button === talk && talk) {
        var list = box.querySelector('.tv-talk');
        list.hidden = !list.hidden;
        talk.setAttribute('aria-pressed', !list.hidden);
        try { localStorage.setItem('hearth-tv-talk', list.hidden ? '' : 'on'); } catch (error) { /* then for this page alone */ }
      } else if (button) acts[button.dataset.act]();
      after();
    });
    /* A hand with a pointing remote, or a mouse. */
    box.addEventListener('pointermove', function () { glance(LEAVES); });

    new MutationObserver(settle).observe(box, { attributes: true, attributeFilter: ['data-state'] });
    setTimeout(settle);
    return { wake: function () { glance(LEAVES); } };
  }

  window.HearthHands = Hands;
}());
