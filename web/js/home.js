/* The home page keeps itself up to date: tiles and people move by themselves, and nothing that has the focus is replaced. */
(function () {
  'use strict';
  var EVERY = 3000;
  var main = document.getElementById('main');
  var parts = {};
  ['live', 'quiet', 'gone', 'off'].forEach(function (id) { parts[id] = document.getElementById(id); });
  var lists = { tile: parts.live.querySelector('.tiles'), person: parts.off.querySelector('.people') };
  var timer, failures = 0;

  function liveFor(seconds) {
    var minutes = Math.floor(seconds / 60);
    var text = minutes < 60 ? main.dataset.minutes.replace('{m}', minutes)
      : main.dataset.hours.replace('{h}', Math.floor(minutes / 60)).replace('{m}', minutes % 60);
    return main.dataset.liveFor.replace('{time}', text);
  }

  function put(element, text) { if (element && element.textContent !== text) element.textContent = text; }

  function fill(node, channel) {
    node.setAttribute('href', '/@' + channel.name);
    node.dataset.name = channel.name;
    node.dataset.phase = channel.phase;
    Array.prototype.forEach.call(node.querySelectorAll('.avatar'), function (avatar) {
      avatar.className = avatar.className.replace(/hue-\d/, 'hue-' + channel.hue);
      put(avatar, channel.letter);
    });
    put(node.querySelector('.tile-title, b'), channel.display_name);
    put(node.querySelector('.small'), '@' + channel.name);
    put(node.querySelector('.viewers'), String(channel.viewers || 0));
    put(node.querySelector('.since'), channel.phase === 'grace' ? main.dataset.grace : liveFor(channel.live_for_s || 0));
  }

  /* Puts the list in order with as few moves as can be; a moved node keeps the focus. */
  function arrange(kind, channels) {
    var list = lists[kind], known = {}, focused = document.activeElement;
    Array.prototype.forEach.call(list.children, function (node) { known[node.dataset.name] = node; });
    channels.forEach(function (channel, at) {
      var node = known[channel.name] || document.getElementById(kind).content.firstElementChild.cloneNode(true);
      delete known[channel.name];
      fill(node, channel);
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] || null);
    });
    Object.keys(known).forEach(function (name) { known[name].remove(); });
    if (focused !== document.activeElement && focused.dataset && focused.dataset.name) {
      var again = document.querySelector('[data-name="' + focused.dataset.name + '"]');
      if (again) again.focus({ preventScroll: true });
    }
  }

  function show(channels) {
    var live = channels.filter(function (c) { return c.phase !== 'off'; });
    var off = channels.filter(function (c) { return c.phase === 'off'; });
    arrange('tile', live);
    arrange('person', off);
    parts.live.hidden = !live.length;
    parts.quiet.hidden = !!live.length;
    parts.off.hidden = !off.length;
    parts.gone.hidden = true;
  }

  function ask() {
    clearTimeout(timer);
    if (document.hidden) return;
    fetch('/api/v1/channels', { headers: { Accept: 'application/json' } })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
      .then(function (answer) { failures = 0; show(answer.channels); })
      .catch(function () {
        if (++failures < 2) return;
        parts.gone.hidden = false;
        parts.live.hidden = parts.quiet.hidden = parts.off.hidden = true;
      })
      .then(function () { clearTimeout(timer); timer = setTimeout(ask, EVERY); });
  }

  document.getElementById('again').addEventListener('click', ask);
  document.addEventListener('visibilitychange', ask);
  timer = setTimeout(ask, EVERY);
}());
