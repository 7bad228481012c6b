/*
 * What the box tells this page, over one connection: window.hearthEvents.
 *
 *   on(type, fn)     fn(data) with each event of this type; returns what ends that
 *   channel(name)    also the events of this channel's page (comments and the like); with a pass: channel(name, pass)
 *
 * Types: channel, viewers, studio, muted and whatever else the box publishes, with its data; and of the connection itself:
 *   reset    something was missed that can't be told any more: fetch the state anew
 *   gone     the box does not answer; back: it does again (what was missed follows, or reset)
 *
 * Closed a while after the page is hidden, since a browser has six connections for all its pages; open again when it is shown.
 * Where there is no EventSource, or no room, channels are asked for every few seconds and told as if by events.
 */
(function () {
  'use strict';
  var VISITOR = 'hearth-visitor', URL_EVENTS = '/events', URL_CHANNELS = '/api/v1/channels';
  var HIDDEN = 10000;                   /* a hidden page listens this long, ms */
  var LEAST = 500, MOST = 8000;         /* between tries, ms */
  var SILENCE = 40000;                  /* the box says something every 15 s; so long without means that it is gone, ms */
  var GONE = 2;                         /* tries that failed, after which the box counts as gone */
  var POLL = 3000, POLL_FAILED = 2;     /* ms, more or less; answers that failed after which the box counts as gone */
  var BUSY_MOST = 30000;                /* between tries while there is no room, ms */
  var ANEW = 700;                       /* before a page begins anew since its visitor is another, ms */

  var handlers = {}, types = {}, after = document.body.getAttribute('data-events') || '';
  var shown = null, pass = null, wanted = false, ready = false;
  var source = null, opened = false, failures = 0, gone = false, left = document.hidden;
  var retryTimer, hideTimer, silenceTimer, pollTimer, polled = null, pollFailures = 0;

  function emit(type, data) {
    (handlers[type] || []).slice().forEach(function (fn) {
      try { fn(data); } catch (error) { setTimeout(function () { throw error; }); }
    });
  }

  /* The connection. */

  function hear(event) {
    alive();
    if (event.lastEventId) after = event.lastEventId;
    var data;
    try { data = JSON.parse(event.data); } catch (error) { return; }
    emit(event.type, data);
  }

  function listen(type) {
    if (types[type]) return;
    types[type] = true;
    if (source) source.addEventListener(type, hear);
  }

  function address() {
    var query = [];
    if (after) query.push('after=' + encodeURIComponent(after));
    if (shown) query.push('channel=' + encodeURIComponent(shown));
    if (pass) query.push('pass=' + encodeURIComponent(pass));
    return URL_EVENTS + (query.length ? '?' + query.join('&') : '');
  }

  function open() {
    clearTimeout(retryTimer);
    if (source || left || !wanted || !ready) return;
    if (!window.EventSource) return poll();
    opened = false;
    source = new window.EventSource(address());
    Object.keys(types).forEach(function (type) { source.addEventListener(type, hear); });
    source.onerror = lost;
    alive();
  }

  function close() {
    clearTimeout(retryTimer);
    clearTimeout(silenceTimer);
    clearTimeout(pollTimer);
    polled = null;
    if (source) source.close();
    source = null;
  }

  /* Every way in which a connection ends comes here: what the browser would do by itself is slower and says less. */
  function lost() {
    if (!source) return;
    var refused = !opened && source.readyState === window.EventSource.CLOSED;
    source.close();
    source = null;
    clearTimeout(silenceTimer);
    failures += 1;
    if (refused) poll();
    else if (failures >= GONE) away();
    var most = refused ? BUSY_MOST : MOST;
    var wait = Math.min(most, LEAST * Math.pow(2, failures - 1));
    retryTimer = setTimeout(open, wait * (.75 + Math.random() / 2));
  }

  function alive() {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(lost, SILENCE);
  }

  function away() { if (!gone) { gone = true; emit('gone', {}); } }

  function here() { if (gone) { gone = false; emit('back', {}); } }

  listen('beat');
  listen('reset');
  add('hello', function () {
    opened = true;
    failures = 0;
    clearTimeout(pollTimer);
    polled = null;
    here();
  });

  /* Without it. */

  function poll() {
    clearTimeout(pollTimer);
    if (left || opened && source) return;
    fetch(URL_CHANNELS, { headers: { Accept: 'application/json' } })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
      .then(function (answer) { pollFailures = 0; here(); compare(answer.channels); })
      .catch(function () { if (++pollFailures >= POLL_FAILED) away(); })
      .then(function () {
        clearTimeout(pollTimer);
        if (!(opened && source)) pollTimer = setTimeout(poll, POLL * (.75 + Math.random() / 2));
      });
  }

  /* The first answer is all news: what the page shows may be older. */
  function compare(channels) {
    var before = polled || {};
    polled = {};
    channels.forEach(function (channel) {
      var seen = { standing: [channel.phase, channel.playable, channel.starting, channel.display_name].join(), viewers: channel.viewers };
      var last = before[channel.name];
      polled[channel.name] = seen;
      if (!last || last.standing !== seen.standing) emit('channel', channel);
      else if (last.viewers !== seen.viewers) emit('viewers', { name: channel.name, viewers: channel.viewers });
    });
    Object.keys(before).forEach(function (name) {
      if (!polled[name]) emit('channel', { name: name, phase: 'off', hidden: true });
    });
  }

  /* The page. */

  function seen() {
    clearTimeout(hideTimer);
    if (document.hidden) hideTimer = setTimeout(leave, HIDDEN);
    else come();
  }

  function leave() { left = true; close(); }

  function come() { left = false; failures = 0; open(); }

  function on(type, fn) {
    wanted = true;
    if (ready) setTimeout(open);
    return add(type, fn);
  }

  function add(type, fn) {
    (handlers[type] = handlers[type] || []).push(fn);
    if (type !== 'gone' && type !== 'back') listen(type);
    return function () { handlers[type] = handlers[type].filter(function (other) { return other !== fn; }); };
  }

  window.hearthEvents = {
    on: on,
    channel: function (name, token) {
      if (shown === name && pass === (token || null)) return;
      shown = name;
      pass = token || null;
      if (source) { close(); open(); }
    }
  };

  /* Whoever logs in or out does so on all pages of this browser: the others listen anew, as who they are now. */
  function visitor() {
    var name = document.body.getAttribute('data-visitor') || '';
    try {
      if (localStorage.getItem(VISITOR) !== name) localStorage.setItem(VISITOR, name);
    } catch (error) { return; }
    window.addEventListener('storage', function (event) { if (event.key === VISITOR && source) { close(); open(); } });
  }
  visitor();

  /* What its visitor may do has changed, or the page was away while their session ended: so has the page. A page that asked for it
     itself is given time to get its answer. */
  function anew() { setTimeout(function () { location.reload(); }, ANEW); }
  var owner = document.body.getAttribute('data-visitor');
  if (owner) {
    on('role', anew);
    add('hello', function (hello) { if (hello.visitor !== owner) anew(); });
  }

  document.addEventListener('visibilitychange', seen);
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', function (event) { if (event.persisted) come(); });
  /* After the other scripts of the page have said what they want. */
  document.addEventListener('DOMContentLoaded', function () { ready = true; open(); });
}());
