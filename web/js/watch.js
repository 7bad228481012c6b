/* The watch page beside its player: following, words that fold on phones, the last picture, and who may watch. */
(function () {
  'use strict';
  var OLD = 300000;                     /* what is said of a channel that is off air is asked for anew, ms */
  var main = document.querySelector('[data-watch]'), told = window.hearthEvents;
  var name = main.dataset.watch, meta = document.querySelector('meta[name="form-token"]');
  var player = document.querySelector('[data-player]'), form = document.getElementById('follow');

  /* Everybody's page on this channel looks again when it opens or closes: what it may show has changed. */
  told.channel(name, main.dataset.pass || undefined);
  told.on('access', function (channel) { if (channel.name === name) location.reload(); });
  if (!player) return;

  document.documentElement.classList.add('scripted');
  var more = document.querySelector('.about .more');
  if (more) more.addEventListener('click', function () { more.setAttribute('aria-expanded', more.getAttribute('aria-expanded') !== 'true'); });

  function put(id, text) { var it = document.getElementById(id); if (it && it.textContent !== text) it.textContent = text; }

  /* Following: one press each way. */

  function paint(answer) {
    var button = form.querySelector('button');
    button.value = answer.follows ? '0' : '1';
    button.setAttribute('aria-pressed', answer.follows);
    button.querySelector('.heart-full').hidden = !answer.follows;
    button.querySelector('.heart-empty').hidden = answer.follows;
    button.querySelector('.follow-word').textContent = form.dataset[answer.follows ? 'following' : 'follow'];
    put('followers', answer.followers_text);
    offAir(answer.told);
    var over = player.querySelector('[data-over] button[form="follow"]');
    if (over) over.hidden = answer.follows;
  }

  function offAir(text) { var it = player.querySelector('.off-air'); if (it && it.textContent !== text) it.textContent = text; }

  if (form) form.addEventListener('submit', function (event) {
    event.preventDefault();
    var follow = (event.submitter || form.querySelector('button')).value === '1';
    fetch('/api/v1/channels/' + name + '/follow', { method: follow ? 'PUT' : 'DELETE', headers: { 'X-Hearth-Token': meta.content } })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
      .then(paint)
      .catch(function () {
        /* Sent by hand it would lack what the button says. */
        var wish = document.createElement('input');
        wish.type = 'hidden';
        wish.name = 'follow';
        wish.value = follow ? '1' : '0';
        form.appendChild(wish);
        HTMLFormElement.prototype.submit.call(form);
      });
  });

  /* What the box says of the channel: its words, and when it was last live. */

  function title(channel) {
    var head = document.getElementById('title'), words = channel.title || channel.display_name;
    if (head.textContent !== words) {
      head.textContent = words;
      document.title = channel.display_name + (channel.title ? ': ' + channel.title : '') + ' · Hearth';
    }
    head.lang = channel.lang || '';
    if (!channel.lang) head.removeAttribute('lang');
    document.getElementById('who').hidden = !channel.title;
  }

  told.on('channel', function (channel) {
    if (channel.name !== name || channel.hidden) return;
    title(channel);
    document.getElementById('followers').hidden = channel.phase === 'live';
    if (channel.phase === 'off') ask();
  });

  function ask() {
    fetch('/api/v1/channels/' + name, { headers: { Accept: 'application/json' } })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (answer) { if (answer) { title(answer); offAir(answer.off_air); } })
      .catch(function () {});
  }
  told.on('reset', ask);
  /* "Today" is not today for ever. */
  setInterval(function () { if (player.dataset.state === 'off' && !document.hidden) ask(); }, OLD);

  /* The last picture under the words, where the player has none of its own. */

  var asked = false, lived = 'lived' in main.dataset;      /* who was never live has none */
  function still() {
    var state = player.dataset.state;
    if (state === 'live') { asked = false; lived = true; return; }
    if (asked || !lived || document.hidden || !window.hearthPosters || state !== 'off' && state !== 'reconnecting') return;
    var canvas = player.querySelector('canvas.picture');
    if (canvas && !canvas.hidden) return;
    asked = true;
    window.hearthPosters.still(name, player).then(function (good) { if (good && player.dataset.state === 'live') hide(); });
  }
  function hide() { var it = player.querySelector('canvas.still'); if (it) it.hidden = true; }
  new MutationObserver(function () { if (player.dataset.state === 'live') hide(); still(); }).observe(player, { attributes: true, attributeFilter: ['data-state'] });
  document.addEventListener('visibilitychange', still);
  still();
}());
