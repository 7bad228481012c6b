/*
 * Fields under a remote control. Up and down walk; left and right stay in a text until its end. OK in a field that is filled in leads to the
 * next that is not, and sends the form behind the last. Back leads out, but not at once past what was typed, nor where it may be meant to
 * delete.
 */
(function () {
  'use strict';
  var BACKSPACE = 8;
  var remote = window.hearthRemote, main = document.getElementById('main');

  function isField(it) { return !!it && it.tagName === 'INPUT'; }
  function fields() { return Array.prototype.filter.call(main.querySelectorAll('input'), remote.visible); }
  function empty() { return fields().filter(function (field) { return !field.value; })[0]; }
  function start() { return main.querySelector('[data-first]') || empty() || fields()[0]; }

  /* Is there more of the text in that direction? */
  function inText(field, key) {
    return key === 'left' && field.selectionEnd > 0 || key === 'right' && field.selectionStart < field.value.length;
  }

  function back(at, deletes) {
    var button = main.querySelector('form .btn-primary'), out = main.querySelector('[data-back]');
    if (isField(at) && at.value) remote.show(button);
    else if (isField(at) && deletes) remote.show(out);
    else out.click();
  }

  document.addEventListener('keydown', function (event) {
    var key = remote.key(event), at = document.activeElement, next;
    if (!key || event.isComposing || !/^(left|up|right|down|ok|back)$/.test(key)) return;
    if (isField(at) && (event.keyCode === BACKSPACE && at.value || inText(at, key))) return;
    if (key === 'ok') {
      next = isField(at) && at.value && empty();
      if (!next) return;
      remote.show(next);
    } else if (key === 'back') back(at, event.keyCode === BACKSPACE);
    else if (!main.contains(at)) remote.show(start());
    else remote.move(key, main);
    event.preventDefault();
  });

  window.addEventListener('pageshow', function () { remote.show(start()); });
}());
