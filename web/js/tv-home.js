/* The shelves under a remote control. */
(function () {
  'use strict';
  var KEPT = 'hearth-tv-at', remote = window.hearthRemote, main = document.getElementById('main');

  function first(selector, among) {
    var all = among.querySelectorAll(selector);
    for (var i = 0; i < all.length; i++) if (remote.visible(all[i])) return all[i];
    return null;
  }

  /* The tile that was left, else the first live one, else the first person. */
  function start() {
    var name = null;
    try { name = sessionStorage.getItem(KEPT); } catch (error) { /* then from the beginning */ }
    return name && first('[data-name="' + name + '"]', main) || first('.tile', main) || first('a[href], button', main) || first('a.tab', document);
  }

  function focused() { var at = document.activeElement; return at && at !== document.body && remote.visible(at) ? at : null; }

  document.addEventListener('keydown', function (event) {
    var key = remote.key(event), at = focused();
    if (!key || key === 'ok' && at) return;
    event.preventDefault();
    if (!at) { var to = start(); if (to) remote.show(to); return; }
    if (key === 'back') {
      var top = first('.tile', main) || first('a[href], button', main);
      if (main.contains(at) && top) remote.show(top);
    } else if (/left|up|right|down/.test(key)) remote.move(key, document);
  });

  document.addEventListener('click', function (event) {
    var tile = event.target.closest('[data-name]');
    try { if (tile) sessionStorage.setItem(KEPT, tile.getAttribute('data-name')); } catch (error) { /* then from the beginning */ }
  });

  /* What goes away takes the focus with it: it is put on what stands there now. */
  new MutationObserver(function () {
    if (focused()) return remote.show(focused());
    var to = start();
    if (to) remote.show(to);
  }).observe(main, { childList: true, subtree: true, attributes: true, attributeFilter: ['hidden'] });

  window.addEventListener('pageshow', function () { var to = start(); if (to) remote.show(to); });
  var at = start();
  if (at) remote.show(at);
}());
