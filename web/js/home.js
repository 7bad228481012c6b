/* The home page keeps itself up to date: tiles and people move by themselves, and nothing that has the focus is replaced. */
(function () {
  'use strict';
  var COUNT = 20000, RETRY = 2000;      /* times are counted on, a question is put again, ms */
  var OLD = 600000;                     /* "just now" and "today" are asked for anew, ms */
  var main = document.getElementById('main');
  var parts = {};
  ['head', 'live', 'quiet', 'gone', 'off'].forEach(function (id) { parts[id] = document.getElementById(id); });
  var lists = { tile: parts.live.querySelector('.tiles'), person: parts.off.querySelector('.people') };
  var followed = (document.body.dataset.followed || '').split(' '), tag = main.dataset.tag;
  var known = null, asking = false, again = false, asked = Date.now(), timer;

  function liveFor(seconds) {
    var minutes = Math.max(1, Math.floor(seconds / 60));
    var text = minutes < 60 ? main.dataset.minutes.replace('{m}', minutes)
      : main.dataset.hours.replace('{h}', Math.floor(minutes / 60)).replace('{m}', minutes % 60);
    return main.dataset.liveFor.replace('{time}', text);
  }

  function put(element, text) { if (element && element.textContent !== text) element.textContent = text; }

  function fill(node, channel) {
    node.setAttribute('href', '/@' + channel.name);
    node.dataset.name = channel.name;
    node.dataset.phase = channel.starting ? 'starting' : channel.phase;
    Array.prototype.forEach.call(node.querySelectorAll('.avatar'), function (avatar) {
      avatar.className = avatar.className.replace(/hue-\d/, 'hue-' + channel.hue);
      window.hearthFace(avatar, channel);
    });
    var title = node.querySelector('.tile-title'), heart = node.querySelector('.heart');
    put(title || node.querySelector('b'), title && channel.title || channel.display_name);
    if (title) {
      if (channel.title && channel.lang) title.lang = channel.lang; else title.removeAttribute('lang');
      var who = node.querySelector('.who-name'), cover = node.querySelector('.cover');
      put(who, channel.display_name + ' · ');
      who.hidden = !channel.title;
      if (channel.base) node.dataset.base = channel.base;
      if (cover && !channel.channel_picture) cover.remove();
      if (channel.channel_picture) {
        if (!cover) cover = document.createElement('img');
        cover.className = 'cover';
        cover.alt = '';
        if (cover.getAttribute('src') !== channel.channel_picture) cover.src = channel.channel_picture;
        if (!cover.isConnected) node.querySelector('.poster .avatar').after(cover);
      }
    }
    if (heart) heart.hidden = followed.indexOf(channel.name) < 0;
    put(node.querySelector('.more'), channel.last_live);
    put(node.querySelector('.viewers'), String(channel.viewers || 0));
    put(node.querySelector('.since'), channel.phase === 'grace' ? main.dataset.grace : liveFor((Date.now() - channel.began) / 1000));
  }

  /* Puts the list in order with as few moves as can be; a moved node keeps the focus. */
  function arrange(kind, channels) {
    var list = lists[kind], known = {};
    Array.prototype.forEach.call(list.children, function (node) { known[node.dataset.name] = node; });
    channels.forEach(function (channel, at) {
      var node = known[channel.name] || document.getElementById(kind).content.firstElementChild.cloneNode(true);
      delete known[channel.name];
      fill(node, channel);
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] || null);
    });
    Object.keys(known).forEach(function (name) { known[name].remove(); });
  }

  function show(channels) {
    var live = channels.filter(function (c) { return c.phase !== 'off'; });
    var off = channels.filter(function (c) { return c.phase === 'off'; });
    var focused = document.activeElement;
    arrange('tile', live);
    Array.prototype.forEach.call(lists.tile.children, function (node, at) { node.classList.toggle('tile-first', !at && followed.indexOf(node.dataset.name) >= 0); });
    arrange('person', off);
    if (parts.head) parts.head.hidden = !live.length && !parts.head.querySelector('.chips');
    parts.live.hidden = !live.length;
    parts.quiet.hidden = !!live.length;
    parts.off.hidden = !off.length;
    parts.gone.hidden = true;
    /* Who was live and is not, or the other way, stands elsewhere now; the focus goes along. */
    var again = focused !== document.activeElement && focused.dataset && focused.dataset.name && document.querySelector('[data-name="' + focused.dataset.name + '"]');
    if (again) again.focus({ preventScroll: true });
  }

  /* The box: all channels once something happens, then what changes. */

  function ask() {
    clearTimeout(timer);
    if (asking) { again = true; return; }
    asking = true;
    asked = Date.now();
    fetch('/api/v1/channels', { headers: { Accept: 'application/json' } })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
      .then(function (answer) {
        known = {};
        answer.channels.forEach(keep);
        sorted();
      })
      .catch(function () { timer = setTimeout(ask, RETRY); })
      .then(function () { asking = false; if (again) { again = false; ask(); } });
  }

  /* What an event does not say of a channel, because it is for all pages alike, is kept from the answer before. */
  function keep(channel) {
    var before = known[channel.name] || {};
    if (channel.hidden || tag && channel.tags.indexOf(tag) < 0) { delete known[channel.name]; return; }
    if (!channel.base) channel.base = before.base;
    if (channel.last_live === undefined) channel.last_live = channel.phase === 'off' && before.phase !== 'off' ? main.dataset.just : before.last_live;
    channel.began = Date.now() - (channel.live_for_s || 0) * 1000;
    known[channel.name] = channel;
  }

  function strange(name) { return followed.indexOf(name) < 0; }

  /* As the box sorts them: on air first, followed ones first, those with most viewers ahead, then by name. */
  function sorted() {
    var key = function (channel) { return channel.display_name.toLowerCase(); };
    show(Object.keys(known).map(function (name) { return known[name]; }).sort(function (a, b) {
      return (a.phase === 'off') - (b.phase === 'off') || strange(a.name) - strange(b.name) || (b.viewers || 0) - (a.viewers || 0) || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
    }));
  }

  var told = window.hearthEvents;
  told.on('channel', function (channel) {
    /* One that was not there before may have an address of its own for this visitor. */
    if (!known || asking || !channel.hidden && !known[channel.name]) return ask();
    keep(channel);
    sorted();
  });
  told.on('viewers', function (count) {
    if (!known || asking) return ask();
    if (!known[count.name]) return tag ? undefined : ask();
    known[count.name].viewers = count.viewers;
    sorted();
  });
  told.on('reset', ask);
  told.on('back', ask);
  told.on('gone', function () {
    parts.gone.hidden = false;
    parts.live.hidden = parts.quiet.hidden = parts.off.hidden = true;
  });
  document.getElementById('again').addEventListener('click', ask);

  function count() {
    if (document.hidden || !parts.gone.hidden) return;
    if (Date.now() - asked > OLD) ask();
    else if (known) sorted();
  }
  setInterval(count, COUNT);
  document.addEventListener('visibilitychange', count);
}());
