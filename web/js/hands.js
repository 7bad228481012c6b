/* Buttons, keys and the remote control of a player: which act each stands for, and when the controls hide. */
(function () {
  'use strict';
  var IDLE = 3000;                            /* controls hide after, ms */
  var KEYS = { 8: 'back', 27: 'back', 166: 'back', 461: 'back', 10009: 'back', 13: 'ok', 32: 'play', 75: 'play', 179: 'play', 415: 'resume', 19: 'pause',
    77: 'mute', 70: 'full', 76: 'golive', 37: 'left', 39: 'right', 38: 'up', 40: 'down' };

  /* acts: what can be done, by name; busy(): the controls must stay; after(): something was done. */
  function Hands(box, acts, busy, after) {
    var video = box.querySelector('video'), controls = box.querySelector('.controls'), idleTimer;

    function wake() {
      box.classList.remove('idle');
      clearTimeout(idleTimer);
      idleTimer = setTimeout(rest, IDLE);
    }

    /* A button that was pressed with a mouse has the focus too, but nobody stands on it. Old browsers can't tell. */
    function isInside() { try { return !!controls.querySelector(':focus-visible'); } catch (error) { return false; } }

    function rest() {
      if (busy() || isInside()) idleTimer = setTimeout(rest, IDLE);
      else box.classList.add('idle');
    }

    box.addEventListener('click', function (event) {
      var button = event.target.closest('[data-act]');
      if (button) acts[button.dataset.act]();
      else if (event.target === video && matchMedia('(hover: hover)').matches) acts.play();
      wake();
      after();
    });
    box.addEventListener('dblclick', function (event) { if (event.target === video) acts.full(); });
    ['pointermove', 'pointerdown', 'focusin', 'focusout'].forEach(function (event) { box.addEventListener(event, wake); });

    /* A field wants every key, a slider only those that move it, comments those that scroll them. */
    function takes(at, code) {
      if (at.closest('.talk') && code >= 32 && code <= 40) return true;
      return at.type === 'range' ? code >= 33 && code <= 40 : /INPUT|TEXTAREA|SELECT/.test(at.tagName);
    }

    function key(event) {
      var at = document.activeElement, act = KEYS[event.keyCode];
      if (!act || event.ctrlKey || event.metaKey || event.altKey || takes(at, event.keyCode)) return;
      var onLink = at !== document.body && at !== video && /A|BUTTON|SUMMARY/.test(at.tagName);
      if (onLink && (act === 'ok' || event.keyCode === 32)) return;
      if (act === 'back' && event.keyCode === 27 && !document.fullscreenElement) return;
      if (onLink && controls.contains(at) && (act === 'left' || act === 'right')) {
        var all = Array.prototype.filter.call(controls.querySelectorAll('button, input'), function (it) { return it.offsetWidth; });
        var to = all[all.indexOf(at) + (act === 'left' ? -1 : 1)];
        if (to) to.focus();
      } else if (onLink && (act === 'up' || act === 'down')) return;
      else acts[act]();
      event.preventDefault();
      wake();
      after();
    }

    if (!('preview' in box.dataset)) document.addEventListener('keydown', key);
    return { wake: wake };
  }

  window.HearthHands = Hands;
}());
