/* Search as one types: in the bar a short list under the field, on the search page the whole of it. Without script the form does it. */
(function () {
  'use strict';
  var PAUSE = 150, FEW = 6;

  function item(channel, live) {
    var link = document.createElement('a'), avatar = document.createElement('span'), words = document.createElement('span');
    var name = document.createElement('b'), more = document.createElement('span');
    link.className = 'person' + (channel.phase === 'off' ? ' off' : '');
    link.href = '/@' + channel.name;
    avatar.className = 'avatar hue-' + channel.hue;
    avatar.setAttribute('aria-hidden', 'true');
    window.hearthFace(avatar, channel);
    name.className = 'clip';
    name.textContent = channel.display_name;
    more.className = 'muted small clip more';
    more.textContent = channel.title || (channel.phase === 'off' ? channel.last_live : live);
    if (channel.title && channel.lang) more.lang = channel.lang;
    words.append(name, more);
    link.append(avatar, words);
    return link;
  }

  function enhance(form) {
    var field = form.querySelector('input'), page = form.dataset.into && document.getElementById(form.dataset.into);
    var count = document.getElementById('found-count'), list = page, timer, number = 0;
    if (!list) {
      list = document.createElement('div');
      list.className = 'found';
      list.hidden = true;
      form.appendChild(list);
    }

    function show(channels, query) {
      list.replaceChildren.apply(list, (page ? channels : channels.slice(0, FEW)).map(function (channel) { return item(channel, form.dataset.live); }));
      if (!page) { list.hidden = !channels.length; return; }
      count.textContent = !query ? '' : !channels.length ? count.dataset.none : channels.length === 1 ? count.dataset.one : count.dataset.many.replace('{n}', channels.length);
      history.replaceState(null, '', query ? '?q=' + encodeURIComponent(query) : '?');
    }

    function look() {
      var query = field.value.trim(), mine = ++number;
      if (!query) return show([], query);
      fetch('/api/v1/search?q=' + encodeURIComponent(query), { headers: { Accept: 'application/json' } })
        .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
        .then(function (answer) { if (mine === number) show(answer.channels, query); })
        .catch(function () {});
    }

    field.addEventListener('input', function (event) {
      clearTimeout(timer);
      if (!event.isComposing) timer = setTimeout(look, PAUSE);
    });
    field.addEventListener('compositionend', look);
    if (page) return form.addEventListener('submit', function (event) { event.preventDefault(); look(); });
    form.addEventListener('keydown', function (event) {
      var links = [field].concat(Array.prototype.slice.call(list.children)), at = links.indexOf(document.activeElement);
      var next = event.key === 'ArrowDown' ? links[at + 1] : event.key === 'ArrowUp' ? links[at - 1] : null;
      if (event.key === 'Escape') { list.hidden = true; field.focus(); }
      if (!next || list.hidden || event.isComposing) return;
      event.preventDefault();
      next.focus();
    });
    form.addEventListener('focusin', function () { if (list.children.length) list.hidden = false; });
    document.addEventListener('click', function (event) { if (!form.contains(event.target)) list.hidden = true; });
    form.addEventListener('focusout', function (event) { if (event.relatedTarget && !form.contains(event.relatedTarget)) list.hidden = true; });
  }

  Array.prototype.forEach.call(document.querySelectorAll('form[role="search"]'), enhance);
}());
