/* "Anna is live": for the people whom this page's visitor follows; not on Anna's own page, and not where the tiles say it already. */
(function () {
  'use strict';
  var STAYS = 12000, FRESH = 60;        /* ms; a channel that has been live for longer is no news, seconds */
  var body = document.body, template = document.getElementById('toast');
  var followed = (body.getAttribute('data-followed') || '').split(' ').filter(Boolean);
  var own = document.querySelector('[data-player]'), shown = {}, timer;
  if (!template || !followed.length || document.querySelector('[data-home]')) return;

  function close() {
    clearTimeout(timer);
    var open = document.querySelector('.toast');
    if (open) open.remove();
  }

  function show(channel) {
    close();
    var toast = template.content.firstElementChild.cloneNode(true), words = toast.querySelector('.toast-words');
    var name = document.createElement('b'), parts = words.getAttribute('data-words').split('{name}'), avatar = toast.querySelector('.avatar');
    avatar.classList.add('hue-' + channel.hue);
    window.hearthFace(avatar, channel);
    name.textContent = channel.display_name;
    words.append(parts[0], name, parts[1] || '');
    toast.setAttribute('data-name', channel.name);
    toast.querySelector('a').href = '/@' + channel.name;
    toast.querySelector('button').addEventListener('click', close);
    body.appendChild(toast);
    timer = setTimeout(close, STAYS);
  }

  window.hearthEvents.on('channel', function (channel) {
    if (followed.indexOf(channel.name) < 0 || own && own.getAttribute('data-name') === channel.name) return;
    if (channel.phase === 'off') {
      delete shown[channel.name];
      if (document.querySelector('.toast[data-name="' + channel.name + '"]')) close();
    } else if (channel.phase === 'live' && !channel.starting && !shown[channel.name]) {
      shown[channel.name] = true;
      if (channel.live_for_s < FRESH) show(channel);
    }
  });
}());
