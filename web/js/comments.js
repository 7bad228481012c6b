/*
 * Comments: what is said appears on all pages that show the channel. Texts are put in as texts; an address becomes a link only once it is
 * pressed. Screen readers hear of new ones now and then, not of each.
 */
(function () {
  'use strict';
  var NEAR = 60, QUIET = 8000, FRESH = 4000;    /* pixels from the end that count as there; between what is said aloud, and how long one is new, ms */
  var talk = document.querySelector('.talk'), told = window.hearthEvents;
  if (!talk) return;
  var list = talk.querySelector('.list'), none = list.querySelector('.none'), newer = talk.querySelector('.newer');
  var name = document.querySelector('[data-watch]').dataset.watch, me = talk.dataset.me, moderates = 'moderates' in talk.dataset;
  var meta = document.querySelector('meta[name="form-token"]'), api = '/api/v1/channels/' + name;
  var player = document.querySelector('[data-player]'), earlier = list.querySelector('[data-before]');

  function ask(method, path, body) {
    var headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
    if (meta) headers['X-Hearth-Token'] = meta.content;
    return fetch(api + path, { method: method, headers: headers, body: body && JSON.stringify(body) }).then(function (answer) {
      return answer.json().then(function (json) { if (!answer.ok) throw json; return json; });
    });
  }

  function each(nodes, work) { Array.prototype.forEach.call(nodes, work); }
  function row(id) { return list.querySelector('[data-id="' + id + '"]'); }

  /* Texts. */

  /* What looks like an address is a button that shows where it leads and, once pressed, becomes the link. */
  function links(element) {
    if (element.firstElementChild) return;
    var text = element.textContent, pattern = /https?:\/\/[^\s<>"'“”（），。！？、]+/g, at = 0, found;
    var parts = document.createDocumentFragment();
    while ((found = pattern.exec(text))) {
      var address = found[0].replace(/[.,;:!?)\]]+$/, '');
      try { new URL(address); } catch (error) { continue; }
      parts.append(text.slice(at, found.index), inert(address));
      at = found.index + address.length;
    }
    if (!at) return;
    parts.append(text.slice(at));
    element.textContent = '';
    element.append(parts);
  }

  function inert(address) {
    var button = document.createElement('button');
    button.type = 'button';
    button.className = 'as-link';
    button.textContent = address;
    button.addEventListener('click', function () {
      var link = document.createElement('a');
      link.textContent = address;
      link.href = address;
      link.target = '_blank';
      link.rel = 'noopener noreferrer nofollow ugc';
      link.referrerPolicy = 'no-referrer';
      button.replaceWith(link);
      link.focus();
    });
    return button;
  }

  /* One. */

  function make(comment) {
    var node = document.getElementById('comment').content.firstElementChild.cloneNode(true);
    var own = comment.author === me, find = function (what) { return node.querySelector(what); };
    var mayRemove = !comment.removed && (moderates || own), mayMute = moderates && !own && !comment.host && !comment.owner;
    node.dataset.id = comment.id;
    node.dataset.author = comment.author;
    find('.avatar').className = 'avatar avatar-s hue-' + comment.hue;
    window.hearthFace(find('.avatar'), comment);
    find('b').textContent = comment.display_name;
    find('.at').textContent = comment.when;
    if (!comment.host) find('.host').remove();
    find('[name="remove"]').value = comment.id;
    find('[name="mute"]').value = comment.author;
    find('[name="mute"]').textContent = talk.dataset.mute.replace('{name}', comment.display_name);
    find('summary').setAttribute('aria-label', talk.dataset.moreAbout.replace('{name}', comment.display_name));
    if (!mayRemove) find('[name="remove"]').remove();
    if (!mayMute) find('[name="mute"]').remove();
    if (!mayRemove && !mayMute) find('.deeds').remove();
    var text = find('.text');
    text.textContent = comment.removed || comment.text;
    if (comment.removed) text.className = 'gone';
    else if (comment.lang) text.lang = comment.lang;
    if (!comment.removed) links(text);
    return node;
  }

  function atEnd() { return list.scrollHeight - list.scrollTop - list.clientHeight < NEAR; }
  function toEnd() { list.scrollTop = list.scrollHeight; newer.hidden = true; }

  function add(comment) {
    if (row(comment.id)) return;
    var follow = atEnd() || comment.author === me, node = make(comment), after = null;
    each(list.querySelectorAll('[data-id]'), function (other) { if (+other.dataset.id < comment.id) after = other; });
    list.insertBefore(node, after ? after.nextElementSibling : none);
    none.hidden = true;
    node.classList.add('new');
    setTimeout(function () { node.classList.remove('new'); }, FRESH);
    if (follow) toEnd(); else newer.hidden = false;
    if (comment.author !== me) aloud(comment);
  }

  function gone(id, text) {
    var node = row(id);
    if (!node) return;
    var had = node.contains(document.activeElement), line = node.querySelector('.text'), deeds = node.querySelector('.deeds');
    if (line) { line.textContent = text; line.className = 'gone'; line.removeAttribute('lang'); }
    if (deeds) deeds.remove();
    if (had) list.focus({ preventScroll: true });
  }

  /* For ears: at most one sentence in a while. */

  var unsaid = [], timer = null;
  function aloud(comment) {
    unsaid.push(comment);
    if (!timer) speak();
  }
  function speak() {
    timer = null;
    if (!unsaid.length) return;
    var one = unsaid[0], text = unsaid.length > 1 ? talk.dataset.many.replace('{n}', unsaid.length)
      : talk.dataset.one.replace('{name}', one.display_name).replace('{text}', function () { return one.text; });
    document.getElementById('said').textContent = text;
    unsaid = [];
    timer = setTimeout(speak, QUIET);
  }

  /* What the box tells. */

  told.on('comment', function (comment) { if (comment.channel === name) add(comment); });
  told.on('comment-gone', function (it) {
    if (it.channel === name) gone(it.id, it.removed_by ? talk.dataset.removedBy.replace('{name}', it.removed_by) : talk.dataset.removed);
  });
  function again() {
    ask('GET', '/comments').then(function (answer) {
      var oldest = answer.comments[0], isKnown = false;
      each(list.querySelectorAll('[data-id]'), function (one) { if (oldest && +one.dataset.id >= oldest.id) isKnown = true; });
      /* More was missed than is told at once: what is here would stand before a hole. */
      if (answer.before && !isKnown) {
        each(list.querySelectorAll('[data-id]'), function (one) { one.remove(); });
        earlier.dataset.before = answer.before;
        earlier.closest('li').hidden = false;
      }
      answer.comments.forEach(function (comment) { if (comment.removed) gone(comment.id, comment.removed); add(comment); });
      allow(answer.why_not);
    }, function () {});
  }
  told.on('reset', again);
  told.on('muted', function (it) { if (!it.channel || it.channel === name) again(); });

  /* The field for comments, or why there is none. What was typed stays. */
  function allow(whyNot) {
    var field = document.getElementById('say-form'), words = document.getElementById('say-not');
    if (!field || !words) return;
    var had = field.contains(document.activeElement);
    field.hidden = !!whyNot;
    words.hidden = !whyNot;
    words.textContent = whyNot;
    if (had && whyNot) list.focus({ preventScroll: true });
  }

  /* Earlier ones. */

  var fetching = false;
  earlier.addEventListener('click', function (event) {
    event.preventDefault();
    if (fetching) return;
    fetching = true;
    ask('GET', '/comments?before=' + earlier.dataset.before).then(function (answer) {
      var height = list.scrollHeight - list.scrollTop, item = earlier.closest('li'), before = item.nextElementSibling;
      answer.comments.slice().reverse().forEach(function (comment) {
        if (!row(comment.id)) before = list.insertBefore(make(comment), before);
      });
      if (answer.before) earlier.dataset.before = answer.before;
      else { item.hidden = true; list.focus({ preventScroll: true }); }
      list.scrollTop = list.scrollHeight - height;
    }, function () {}).then(function () { fetching = false; });
  });
  newer.addEventListener('click', toEnd);
  list.addEventListener('scroll', function () { if (atEnd()) newer.hidden = true; });

  /* Saying something. */

  var form = document.getElementById('say-form'), field = document.getElementById('say'), error = document.getElementById('say-error');
  var composing = false, sending = false, waitTimer;

  function complain(text) { error.textContent = text || ''; error.hidden = !text; }

  /* Too fast: counts down, and what was typed stays. */
  function wait(seconds) {
    clearTimeout(waitTimer);
    if (seconds <= 0) return complain('');
    complain(talk.dataset.wait.replace('{s}', seconds));
    waitTimer = setTimeout(wait, 1000, seconds - 1);
  }

  function behind() { return player ? Math.max(0, +player.dataset.behind_s || 0) * 1000 : 0; }

  /* What was typed while it was on its way stays; a composition is not touched. */
  function forget(sent) {
    if (composing) return setTimeout(forget, 100, sent);
    if (field.value.indexOf(sent) === 0) field.value = field.value.slice(sent.length);
  }

  if (form) {
    field.addEventListener('compositionstart', function () { composing = true; });
    /* Safari tells of the Enter that ends a composition after its end. */
    field.addEventListener('compositionend', function () { setTimeout(function () { composing = false; }); });
    field.addEventListener('keydown', function (event) {
      if (event.key === 'Enter' && (composing || event.isComposing || event.keyCode === 229)) event.preventDefault();
    });
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      var sent = field.value, text = sent.trim();
      if (!text || sending || composing) return;
      sending = true;
      ask('POST', '/comments', { text: text, behind_ms: behind() }).then(function (comment) {
        forget(sent);
        complain('');
        clearTimeout(waitTimer);
        add(comment);
      }, function (problem) {
        if (problem.retry_after_s) wait(problem.retry_after_s);
        else complain(problem.error || talk.dataset.failed);
      }).then(function () { sending = false; field.focus({ preventScroll: true }); });
    });
  }

  /* Removing and muting. */

  list.addEventListener('click', function (event) {
    var button = event.target.closest('button[form="moderate"]');
    if (!button) return;
    event.preventDefault();
    var item = button.closest('.comment'), who = button.value, called = item.querySelector('b').textContent;
    if (button.name === 'remove') ask('DELETE', '/comments/' + who).catch(function () {});
    else ask('PUT', '/mutes/' + who).then(function () { undo(item, who, called); }, function () {});
    item.querySelector('.deeds').open = false;
  });

  function undo(item, who, called) {
    var line = document.getElementById('undo').content.firstElementChild.cloneNode(true);
    line.querySelector('span').textContent = talk.dataset.muted.replace('{name}', called);
    line.querySelector('button').addEventListener('click', function () { ask('DELETE', '/mutes/' + who).then(function () { line.remove(); }, function () {}); });
    item.after(line);
    line.querySelector('button').focus({ preventScroll: true });
  }

  /* One menu at a time; Escape closes it. */
  list.addEventListener('toggle', function (event) {
    if (!event.target.open) return;
    each(list.querySelectorAll('.deeds[open]'), function (other) { if (other !== event.target) other.open = false; });
    var menu = event.target.querySelector('.deeds-menu');
    if (menu) menu.scrollIntoView({ block: 'nearest' });
  }, true);
  list.addEventListener('keydown', function (event) {
    var open = event.key === 'Escape' && event.target.closest('.deeds[open]');
    if (open) { open.open = false; open.querySelector('summary').focus(); }
  });
  document.addEventListener('click', function (event) {
    each(list.querySelectorAll('.deeds[open]'), function (open) { if (!open.contains(event.target)) open.open = false; });
  });

  each(list.querySelectorAll('.text'), links);
  toEnd();
}());
