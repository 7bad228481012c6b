/*
 * Arrow keys of a remote control, ES5: window.hearthRemote.
 *
 *   key(event)        'left', 'up', 'right', 'down', 'ok', 'back', 'play', 'resume', 'pause' or undefined
 *   move(way, among)  the focus goes to the nearest thing in that direction inside `among`; true if there was one
 *   show(element)     gives it the focus, and slides its shelf so that it stands inside the safe area
 *   visible(element)
 */
(function () {
  'use strict';
  var KEYS = { 37: 'left', 38: 'up', 39: 'right', 40: 'down', 13: 'ok', 8: 'back', 27: 'back', 166: 'back', 461: 'back', 10009: 'back', 179: 'play', 415: 'resume', 19: 'pause' };
  var STEP = { left: [-1, 0], up: [0, -1], right: [1, 0], down: [0, 1] };
  var SAFE = .05;                             /* of the width and height, at each side */

  function visible(it) { return it.offsetWidth > 0 && it.offsetHeight > 0 && !it.disabled && it.type !== 'hidden' && it.tabIndex >= 0; }

  function nearest(from, step, among) {
    var all = among.querySelectorAll('a[href], button, input'), best = null, least = Infinity;
    var a = from.getBoundingClientRect();
    for (var i = 0; i < all.length; i++) {
      if (all[i] === from || !visible(all[i])) continue;
      var b = all[i].getBoundingClientRect(), along, across;
      if (step[0]) {
        along = step[0] * (b.left + b.right - a.left - a.right) / 2;
        across = Math.max(0, b.top - a.bottom, a.top - b.bottom);
        if (across > 0) continue;                       /* left and right stay in the row */
      } else {
        along = (step[1] > 0 ? b.top - a.bottom : a.top - b.bottom) + 8;
        across = Math.abs(b.left + b.right - a.left - a.right) / 8;
      }
      if (along <= 0) continue;
      if (along * 4 + across < least) { least = along * 4 + across; best = all[i]; }
    }
    return best;
  }

  function slide(it) {
    var shelf = it.parentNode;
    if (!/shelf/.test(shelf.className)) return;
    /* Where it will stand, not where it is on its way to. */
    var now = +(shelf.getAttribute('data-x') || 0), margin = window.innerWidth * SAFE, grown = it.offsetWidth * .02 + 8;
    var left = shelf.parentNode.getBoundingClientRect().left + it.offsetLeft + now, right = left + it.offsetWidth;
    if (right + grown > window.innerWidth - margin) now -= right + grown - window.innerWidth + margin;
    else if (left - grown < margin) now += margin - left + grown;
    if (shelf.firstElementChild === it || now > 0) now = 0;
    shelf.setAttribute('data-x', now);
    shelf.style.transform = 'translateX(' + Math.round(now) + 'px)';
  }

  function show(it) {
    it.focus({ preventScroll: true });
    slide(it);
    window.scrollTo(0, 0);
  }

  function move(way, among) {
    var to = nearest(document.activeElement, STEP[way], among || document);
    if (to) show(to);
    return !!to;
  }

  function clock() {
    var now = new Date(), text = now.getHours() + ':' + ('0' + now.getMinutes()).slice(-2), all = document.querySelectorAll('[data-clock]');
    for (var i = 0; i < all.length; i++) all[i].textContent = text;
  }
  clock();
  setInterval(clock, 5000);

  window.hearthRemote = {
    key: function (event) { return event.ctrlKey || event.altKey || event.metaKey ? undefined : KEYS[event.keyCode]; },
    move: move, show: show, visible: visible
  };
}());
