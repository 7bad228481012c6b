/* Comments beside the TV's picture: the last few, to be read. */
(function () {
  'use strict';
  var MOST = 6;
  var list = document.querySelector('.tv-talk'), none = list.querySelector('.none'), name = document.querySelector('[data-watch]').dataset.watch;
  var told = window.hearthEvents;

  function element(kind, parent, text) { var it = document.createElement(kind); if (text) it.textContent = text; parent.appendChild(it); return it; }
  function tidy() {
    var all = list.querySelectorAll('[data-id]');
    for (var i = 0; i < all.length - MOST; i++) all[i].remove();
    none.hidden = all.length > 0;
  }

  function add(comment) {
    if (comment.removed) return gone(comment.id);
    if (list.querySelector('[data-id="' + comment.id + '"]')) return;
    var item = document.createElement('li'), face = element('span', item), words = element('div', item);
    item.dataset.id = comment.id;
    face.className = 'avatar avatar-s hue-' + comment.hue;
    face.setAttribute('aria-hidden', 'true');
    window.hearthFace(face, comment);
    element('b', words, comment.display_name);
    var text = element('p', words, comment.text);
    if (comment.lang) text.lang = comment.lang;
    var after = null, all = list.querySelectorAll('[data-id]');
    for (var i = 0; i < all.length; i++) if (+all[i].dataset.id < comment.id) after = all[i];
    list.insertBefore(item, after ? after.nextElementSibling : list.firstElementChild);
    tidy();
  }

  function gone(id) {
    var item = list.querySelector('[data-id="' + id + '"]');
    if (item) { item.remove(); tidy(); }
  }

  told.on('comment', function (comment) { if (comment.channel === name) add(comment); });
  told.on('comment-gone', function (it) { if (it.channel === name) gone(it.id); });
  told.on('reset', function () {
    fetch('/api/v1/channels/' + name + '/comments', { headers: { Accept: 'application/json' } })
      .then(function (answer) { return answer.json(); })
      .then(function (answer) { answer.comments.forEach(add); }, function () {});
  });

  var on = false;
  try { on = localStorage.getItem('hearth-tv-talk') === 'on'; } catch (error) { /* then hidden */ }
  list.hidden = !on;
  document.querySelector('[data-talk]').setAttribute('aria-pressed', on);
  tidy();
}());
